"""What each KPI is computed from, in French; the English is in the KPI catalogue.

Numbers in both must agree, and every KPI has its line.
"""

from __future__ import annotations

_TABLE = """
contacts_waiting | entrés et ni sortis, ni perdus, ni rappelés
longest_wait_seconds | maintenant - entrée de celui qui attend depuis le plus longtemps
longest_wait_breach_seconds | si personne ne décroche : premier instant entrée + X d'un contact en attente - maintenant ; 0 quand l'un attend au-delà de X
current_wait_mean_seconds | somme de (maintenant - entrée) / en attente
contacts_over_threshold | en attente avec maintenant - entrée > X
contacts_at_risk | en attente avec X - N < maintenant - entrée <= X
contacts_ringing | en attente avec une proposition ouverte à un agent
contacts_in_progress | décrochés et non terminés
contacts_on_hold | en conversation avec une garde ouverte
contacts_in_wrap_up | terminés avec post-appel ouvert
callbacks_scheduled | rappels dont l'échéance est à venir
callbacks_in_queue | rappels dont l'échéance est atteinte
callback_oldest_age_seconds | maintenant - demande du plus ancien rappel en suspens
tickets_open | ouverts ou rouverts et non résolus
tickets_unanswered | ouverts sans réponse publique d'une personne
ticket_oldest_unanswered_seconds | âge du plus ancien ticket sans réponse
tickets_backlog | tickets ouverts par ancienneté : moins de 4 heures, 1, 3, 7 jours, davantage
tickets_at_risk | tickets ouverts dont la promesse n'est pas encore tenue et échoit dans le délai réglé (1 heure)
tickets_overdue | tickets ouverts dont la promesse est échue et n'est pas tenue
conversations_awaiting_reply | ouvertes, dernier message public du client
reply_wait_longest_seconds | maintenant - premier message du client après la dernière réponse
contact_volume | contacts entrants créés + tickets ouverts ; pas de valeur là où l'on connaît des passages en file mais aucun nouveau contact, comme dans les files
contacts_entered | passages en file, comptés à l'entrée
contacts_offered | O = décrochés + abandonnés + débordés
contacts_answered | A
contacts_answered_in_target | A avec attente <= X
contacts_abandoned | B, partis dans la file ou pendant la sonnerie
contacts_short_abandoned | S, abandonnés avec attente < limite courte
contacts_flow_out | F, sortis autrement, par raison
contacts_callback_requested | R
contacts_lost | passages en attente clos par la règle des orphelins, comptés à entrée + attente maximale
service_level | part traitée dans X ; voir la variante
service_level_attained | 1 quand la variante de référence atteint son objectif, sinon 0
service_level_breach_seconds | au rythme des 5 dernières minutes, temps avant que la variante de référence passe sous son objectif ; 0 quand elle y est ; pas de valeur quand ce rythme la maintient, si rien n'a compté dans les 5 minutes ou si la fenêtre est close
service_level_shortfall | objectif - variante de référence, 0 quand l'objectif est tenu
answer_rate | A / O
answer_rate_wazo | A / (O - débordés pour file fermée)
answered_within_rate | A avec attente <= t / O
agent_answer_rate | propositions acceptées par les agents / closes, annulées exclues
agent_offers_missed_count | propositions closes sans réponse, refusées ou en erreur
abandonment_rate | of_offered B / O ; short_excluded (B - S) / (O - S) ; handled_or_abandoned (B - S) / (A + B - S) ; not_answered (O - A) / O
short_abandon_rate | S / O
abandon_wait_mean_seconds | somme des attentes de B / B
abandon_band_count | attentes de B par tranche [borne précédente, borne[
ivr_abandon_rate | abandons à l'étape ivr / contacts entrants créés
hold_abandon_count | terminés par le client pendant une garde
flow_out_rate | F / O, par raison
transfer_rate | terminés par un transfert / A
contacts_transferred | terminés par un transfert
transfers_in_count | passages ouverts par un transfert
callback_request_rate | R / (O + R)
callback_success_rate | rappels aboutis / rappels aboutis, échoués ou expirés
callback_wait_mean_seconds | somme de (premier contact - échéance) / aboutis
callback_attempts_mean | tentatives / rappels faits
tickets_opened | tickets ouverts
tickets_solved | tickets résolus, comptés à nouveau après chaque réouverture
asa_seconds | queue : somme des attentes de A / A ; from_start : somme de (décroché - création) / A ; all_offered : attentes de A, B et F / O ; answered_or_abandoned : attentes de A et B / (A + B)
wait_quantile_seconds | rang le plus proche parmi les attentes de A
wait_max_seconds | plus longue attente des contacts sortis
wait_sum_seconds | somme des attentes, par issue
ring_mean_seconds | somme des sonneries des propositions acceptées / acceptées de sonnerie connue
first_response_seconds | somme de (première réponse publique humaine - création) / conversations qui en ont eu une
first_response_within_rate | répondues en t / répondues en t ou t écoulé sans réponse
reply_seconds | somme de (message de l'agent - premier message du client sans réponse) / ces paires
agents_logged_in | agents distincts avec une session ouverte
agents_staffed | disponibles, en sonnerie, en contact ou en post-appel
agents_available | prêts, sans contact, post-appel ni proposition
agents_on_contact | au moins un contact en conversation ou en garde
agents_in_wrap_up | post-appel et aucun contact
agents_ringing | une proposition ouverte, ni contact ni post-appel
agents_paused | en pause, par raison
agents_unresponsive | les signes de vie ont cessé
agents_other | dans un état non productif qui n'est pas une pause
agent_free_slots | somme, sur les agents disponibles, de places - contacts ouverts
contacts_handled | décrochés dont le traitement est terminé
aht_seconds | (conversation + garde + post-appel) / traités
talk_mean_seconds | conversation / traités
hold_mean_seconds | garde / traités
hold_mean_per_held_seconds | garde / traités avec au moins une garde
acw_mean_seconds | post-appel / traités
handle_part_mean_seconds | sonnerie, conversation, garde ou post-appel / traités
talk_sum_seconds | somme des conversations des contacts traités
hold_rate | traités avec au moins une garde / traités
occupancy | wall_clock : occupé / (occupé + disponible) ; slot_weighted : temps de contact / places x (occupé + disponible) ; interacting : interacting / (interacting + communicating + idle) ; ready_based : (conversation + post-appel) / prêt ; ready_based_idle : (prêt - idle) / prêt ; logged_in : (conversation + post-appel) / connecté ; aor : (conversation + garde) / connecté
utilisation | logged_in : occupé / connecté ; paid : occupé / temps payé
availability_rate | disponible / connecté
pause_rate | en pause / connecté, par raison
concurrency_mean | temps de contact / temps avec au moins un contact
agent_logged_in_seconds | temps de connexion, somme sur les agents
agent_contact_seconds | conversation, garde et post-appel de chaque contact, somme sur les agents
surveys_sent | enquêtes envoyées, par sorte, comptées à l'envoi
survey_answers | dernières réponses, par sorte d'enquête : le n de chaque note
survey_answers_replaced_count | réponses antérieures de la même personne à la même enquête
survey_response_rate | enquêtes envoyées et répondues sous 7 jours / enquêtes envoyées, comptées à l'envoi ; définitif une fois les 7 jours passés
csat | réponses dans la bande satisfaite / réponses
csat_mean | somme des notes sur l'échelle de 1 à 5 / réponses
csat_share | réponses par niveau, de 1 à 5 / réponses
nps | 100 x (promoteurs - détracteurs) / réponses
nps_share | réponses par classe / réponses
ces | effort moyen sur l'échelle de 1 à 7, 7 étant le plus grand
ces_high_effort_rate | réponses avec un effort de 5 et plus / réponses
survey_resolution_count | réponses aux enquêtes sur la résolution, oui et non
selfcare_satisfaction | votes « utile » et réponses satisfaites / votes et réponses sur le selfcare
selfcare_satisfaction_answers | votes d'utilité, et réponses de satisfaction avec une session ou sur le canal selfcare
verbatim_count | réponses avec au moins un thème ; dans la ligne d'un thème, celles qui l'ont
employee_engagement | moyenne de (note - min) / (max - min) des enquêtes internes ; pas de valeur sous 5 réponses
engagement_participation_rate | réponses aux enquêtes internes / personnes interrogées
selfcare_sessions | sessions commencées, comptées au début
selfcare_sessions_ended | sessions résolues, transmises ou inactives pendant le délai réglé, comptées à la fin
selfcare_outcome_count | sessions terminées, par issue : confirmed, assumed, idle, handed_over
containment_rate | immediate : sessions terminées sans transmission / sessions terminées
handover_rate | sessions transmises à une personne / sessions terminées
handover_rate_by_reason | sessions transmises à une personne pour une raison / sessions terminées
handovers_count | sessions transmises à une personne, par raison
faq_searches | recherches, chaque search_id d'une session une fois
faq_no_answer_count | recherches sans résultat
faq_no_answer_rate | recherches sans résultat / recherches
faq_views | articles ouverts
selfcare_ignored_count | search_repeated : recherche dite deux fois ; both_ends : dite résolue et transmise, ce qui compte
resolution_seconds | last : somme de (dernière résolution - première demande) / résolus ; first_solve : jusqu'à la première résolution ; open_time : sans le temps passé résolu ; une réouverture retire le ticket jusqu'à sa nouvelle résolution
resolution_quantile_seconds | rang le plus proche parmi dernière résolution - première demande, en temps réel
contacts_resolved | tickets résolus et non rouverts, et conversations terminées comme résolues
reopen_rate | tickets résolus pour la première fois dans la fenêtre et rouverts sous 7 jours / tickets résolus pour la première fois ; définitif une fois les 7 jours passés
one_touch_rate | résolus avec exactement une réponse publique d'un agent / résolus
escalation_count | transferts avec escalade et tickets passés à un niveau supérieur
escalation_rate | escalades / (contacts traités + tickets résolus)
promise_kept_rate | tickets répondus (ou résolus) dans le temps promis pour leur priorité / ceux-là et ceux pour lesquels il est passé
transfer_to_selfcare_rate | contacts envoyés vers un outil de selfcare / présentés
selfcare_not_optional_share | envoyés au selfcare sans le choix / envoyés au selfcare quand le choix est connu
tickets_out_of_time_count | réponses ou résolutions avant l'ouverture, résolutions de tickets dont l'ouverture n'a jamais été dite ; ils n'ont pas de durée
first_contact_resolution | no_repeat : premiers contacts traités sans réitération dans le délai, ni transfert ni escalade / premiers contacts traités ; declared : traités avec resolved=true et premiers de la demande / traités avec cette mention ; perceived : resolution = oui sur le premier contact d'une demande / réponses
first_contacts | demandes, à la fin de leur premier contact
first_contacts_handled | premiers contacts pris par une personne
repeat_contact_rate | contact : contacts qui en répètent un précédent / contacts, à leur ouverture ; first : premiers contacts réitérés / premiers contacts
repeat_contact_count | contacts qui en répètent un précédent, traité ou resté sans réponse
repeat_pair_count | contacts qui en répètent un sous 7 j, par le canal de celui-ci et le leur
customer_contacts | contacts entrants avec une clé de client, à leur ouverture
contacts_per_demand | contacts des demandes / demandes, à la fin du premier contact
first_contact_share | demandes / contacts des demandes
multi_touch_share | demandes à 2, 3, 4 contacts et plus / demandes
transfers_per_journey | transferts de tous les contacts des demandes / demandes
repeat_customers | clients avec beaucoup de contacts (3 par défaut) sous 7 j, un motif, non résolu ; comptés au dernier
unidentified_count | contacts entrants dont le premier signe n'a pas de clé de client
containment_confirmed_rate | sessions de selfcare résolues sans contact avec une personne dans le délai / sessions terminées de clients connus
selfcare_to_contact_rate | sessions résolues suivies d'un contact avec une personne / sessions résolues de clients connus
contact_to_selfcare_rate | premiers contacts traités suivis d'une session de selfcare / premiers contacts traités
bot_to_human_wait_seconds | somme de (décroché - transmission) / sessions transmises et décrochées
repeat_satisfaction_gap | (CSAT x 100 des demandes à 1 contact - celles à k) / (k - 1)
surveys_unknown_contact_count | réponses qui nomment un contact que le client n'est pas connu pour avoir eu
quality_evaluations | évaluations, toutes vérifiées pour les erreurs
quality_evaluations_scored | évaluations dont un critère pèse, ou qu'un critère éliminatoire a décidées
quality_evaluations_replaced_count | versions antérieures de la même évaluation
quality_score | moyenne sur les évaluations de somme de (poids x points / max) / somme des poids ; 0 après un critère éliminatoire
quality_item_score | moyenne de points / max, dans la ligne du critère
quality_item_count | critères notés, dans la ligne du critère
error_rate | évaluations avec une erreur de la sorte (any : d'au moins une) / évaluations
costs_booked | coûts des périodes closes dans la fenêtre, par sorte
cost_per_contact | coûts sauf marketing et selfcare / contacts traités ; d'un canal ou d'une équipe : ses propres coûts et, au temps de traitement, sa part de ceux qui n'en nomment pas ; du selfcare : ses coûts / sessions ; pas de valeur quand des contacts de la fenêtre ne sont plus connus
orders_placed | commandes d'un montant non négatif
basket_mean | montant de toutes les commandes moins remboursements / commandes
service_orders | commandes qui nomment leur contact
revenue_from_service | montant des commandes moins remboursements ; contact : de celles qui nomment leur contact ; window : de celles qui nomment un contact de leur client ou sont venues sous 24 h après un contact
revenue_per_contact | ventes par le service / contacts traités
carts_created | paniers, comptés à leur création
carts_open | paniers ni commandés ni abandonnés : tant qu'il y en a, le taux d'abandon est provisoire
cart_abandonment_rate | paniers abandonnés (dit, ou inactifs une heure) / paniers commandés ou abandonnés
customers_retained | clients à la fin - nouveaux, sur les périodes dont le début est connu
retention_rate | clients fidélisés / clients au début ; sur plusieurs périodes, leur moyenne pondérée par les clients
customer_lifetime_value | panier moyen x commandes par client et par an x durée en années ; durée 1 / (1 - rétention annuelle) sauf si les réglages la disent
acquisition_efficiency | nouveaux clients / coûts de marketing
acquisition_cost | coûts de marketing / nouveaux clients
contact_rate | contacts reçus / clients au dernier décompte au début de la fenêtre ou avant
contact_rate_anomaly | z : (contacts - médiane) / (1.4826 x MAD) par rapport au même intervalle des 8 dernières semaines, au moins 4 ; flagged : 1 quand |z| >= 3.5, ou avec MAD 0 à 50 % d'écart d'une médiane d'au moins 20
staff_turnover_rate | départs / moyenne de l'effectif au début et à la fin ; sur plusieurs périodes, leur moyenne
selfcare_savings | sessions résolues sans contact avec une personne pendant 24 h x (coût par contact humain - coût par session)
"""  # noqa: E501 (a table: one KPI, one line)

FRENCH_FORMULAS: dict[str, str] = dict(line.split(" | ", 1) for line in _TABLE.strip().splitlines())
"""KPI id -> formula."""
