"""What is known of one survey, session, cart or customer, and the facts it comes to."""
