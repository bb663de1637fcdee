"""What the metrics that are no KPI mean, in French, and what to do when they move.

The English is the HELP text and the remedy of the metric catalogue. Numbers in both must agree.
"""

from __future__ import annotations

_TOPICS = " Selon le dernier point de reprise."
_PROCESS = " Depuis le démarrage du processus."
_DURABLE = (
    " Cumul, selon le dernier point de reprise durable. Premières issues seulement, pour les"
    " tendances : ce que les corrections changent est dans vigie_window_contacts."
)

FRENCH_METRICS: dict[str, tuple[str, str]] = {
    "vigie_contacts_offered_total": (f"Décrochés, abandonnés ou débordés.{_DURABLE}", ""),
    "vigie_contacts_answered_total": (f"Décrochés par un agent.{_DURABLE}", ""),
    "vigie_contacts_answered_in_target_total": (
        f"Décrochés dans le seuil du niveau de service.{_DURABLE}", "",
    ),
    "vigie_contacts_abandoned_total": (
        f"Clients partis dans la file ou pendant la sonnerie.{_DURABLE}", "",
    ),
    "vigie_contacts_abandoned_short_total": (
        f"Abandons après une attente sous la limite courte.{_DURABLE}", "",
    ),
    "vigie_contacts_transferred_total": (f"Terminés par un transfert.{_DURABLE}", ""),
    "vigie_contacts_corrected_total": (
        ("Issues qu'un événement ultérieur a changées. Cumul, selon le dernier point de reprise"
        " durable."), "",
    ),
    "vigie_contact_wait_seconds": (
        f"Attentes des contacts décrochés et abandonnés.{_DURABLE}", "",
    ),
    "vigie_contact_handle_seconds": (
        ("Durées de traitement (conversation + garde + post-appel) des contacts"
        f" terminés.{_DURABLE}"), "",
    ),
    "vigie_view_complete": (
        ("1 quand les indicateurs couvrent tous les fragments attendus et que tous sont à jour,"
        " sinon 0. Aussi 0, sur la page du worker lui-même, tant qu'il ne montre aucun indicateur"
        " et que Redis ne fait pas sa part."),
        ("0 depuis plus d'une minute : vigie_redis_up, puis comparer les séries"
        " vigie_view_shards, puis chercher dans le journal du worker un rééquilibrage ou une"
        " restauration."),
    ),
    "vigie_view_event_timestamp_seconds": (
        "Données jusqu'à : l'instant du plus récent événement de la vue fusionnée.",
        ("Ancien : rien n'arrive ; comparer vigie_last_event_timestamp_seconds et"
        " vigie_lag_events. Dans le futur : l'horloge d'un producteur avance."),
    ),
    "vigie_view_shards_expected": (
        "Fragments (partitions des sources) que la vue devrait couvrir.",
        "Doit être égal au nombre de partitions des topics sources.",
    ),
    "vigie_view_shards_present": (
        "Fragments dont la vue connaît l'état.",
        "Moins qu'attendu : une partition n'a pas de propriétaire, ou il se restaure encore.",
    ),
    "vigie_view_shards_fresh": (
        "Fragments dont l'état est à jour.",
        "Moins que présents : un worker est bloqué ou vient de perdre la partition.",
    ),
    "vigie_events_read_total": (
        f"Événements pris du topic : intégrés + tardifs + en double + refusés.{_TOPICS}",
        ("Stable alors que vigie_lag_events croît : le worker est bloqué ; stable sans retard : le"
        " producteur se tait."),
    ),
    "vigie_events_applied_total": (
        f"Événements intégrés à l'état.{_TOPICS}",
        "Bien moins que lus : voir tardifs, en double et refusés.",
    ),
    "vigie_events_ignored_total": (
        f"Trafic de test, acquitté et dans aucun indicateur ; compté dans intégrés.{_TOPICS}",
        ("Sans gravité ; une croissance inattendue : un producteur marque du vrai trafic comme"
        " test."),
    ),
    "vigie_events_late_total": (
        f"Événements derrière le filigrane.{_TOPICS}",
        "Augmenter le retard toléré, ou chercher l'horloge lente ou fausse d'un producteur.",
    ),
    "vigie_events_duplicate_total": (
        f"Événements déjà connus.{_TOPICS}",
        ("Sans effet sur les chiffres ; croissance régulière : un producteur envoie tout deux"
        " fois."),
    ),
    "vigie_events_dead_lettered_total": (
        f"Messages refusés, partis dans le topic des rebuts.{_TOPICS}",
        ("Lire ce topic, la raison la plus fréquente d'abord ; corriger le producteur ou les"
        " réglages."),
    ),
    "vigie_events_replayed_total": (
        f"Messages sautés parce que l'état restauré les contient déjà.{_PROCESS}",
        ("Normal après un redémarrage ; croissance régulière : la position du consommateur ne suit"
        " pas le point de reprise."),
    ),
    "vigie_source_gap_events_total": (
        f"Offsets que le broker n'avait plus.{_PROCESS}",
        ("Des événements sont perdus : allonger la rétention du topic, ou ne pas laisser le worker"
        " arrêté si longtemps."),
    ),
    "vigie_fold_failures_total": (
        ("Événements sur lesquels l'intégration elle-même a échoué : mis de côté avec la raison"
        f" internal_error.{_PROCESS}"),
        ("Le moindre : un défaut de vigie ; le signaler avec les lignes du journal qui nomment la"
        " partition."),
    ),
    "vigie_partition_owned": (
        "1 pour chaque partition que ce worker possède maintenant.",
        ("La somme sur les workers doit être égale au nombre de partitions : moins, une partition"
        " est sans propriétaire ; plus, un worker a manqué sa révocation."),
    ),
    "vigie_next_offset": (
        "Premier offset pas encore intégré.",
        "Arrêté alors que le topic grandit : voir vigie_lag_events.",
    ),
    "vigie_lag_events": (
        "Messages de la partition pas encore intégrés.",
        ("Croît : ajouter des workers (au plus un par partition), ou regarder la charge de la"
        " machine."),
    ),
    "vigie_open_contacts": (
        "Contacts tenus ouverts dans l'état.",
        ("Croît sans fin : les fins de contacts n'arrivent pas ; baisser max_wait ou corriger la"
        " source."),
    ),
    "vigie_watermark_timestamp_seconds": (
        ("Plus grand instant d'événement moins le retard toléré : ce qui est plus ancien est"
        " tardif."),
        "Arrêté : producteur muet ou worker bloqué ; comparer avec vigie_lag_events.",
    ),
    "vigie_last_event_timestamp_seconds": (
        "Instant de l'événement le plus récent intégré.",
        ("Ancien : producteur muet ou worker bloqué. Dans le futur : l'horloge d'un producteur"
        " avance."),
    ),
    "vigie_checkpoint_timestamp_seconds": (
        "Quand le dernier point de reprise de la partition est devenu durable.",
        "Ancien : le broker est lent ou le worker bloqué.",
    ),
    "vigie_checkpoint_bytes": (
        "Taille du dernier point de reprise de la partition.",
        ("Près de la limite de message du broker : voir vigie_open_contacts, ou plus de"
        " partitions."),
    ),
    "vigie_recovery_in_progress": (
        "1 pendant que le worker restaure son état, sinon 0.",
        "1 longtemps : le changelog est trop grand ou le broker lent.",
    ),
    "vigie_last_commit_timestamp_seconds": (
        "Quand les offsets du groupe ont été validés pour la dernière fois.",
        ("Ancien avec des points de reprise récents : les validations échouent. Sans danger pour"
        " l'état, mais les outils de retard se trompent."),
    ),
    "vigie_event_lag_seconds": (
        f"Temps entre l'ajout d'un événement par le broker et son intégration.{_PROCESS}",
        "Croît : capacité ; comparer vigie_lag_events.",
    ),
    "vigie_redis_up": (
        ("1 si Redis a fait la dernière chose de chaque sorte (publier, lire, bail), sinon 0."
        " Seulement avec plusieurs workers."),
        ("0 : Redis est absent, lent, plein ou en lecture seule. L'intégration continue, personne"
        " ne montre d'indicateurs."),
    ),
    "vigie_redis_failures_total": (
        ("Appels auxquels Redis n'a pas répondu à temps ou qu'il a refusés : publish, read,"
        f" lease.{_PROCESS}"),
        "Croît : voir vigie_redis_up, le journal de Redis et sa mémoire.",
    ),
    "vigie_publish_timestamp_seconds": (
        ("Quand Redis a accepté pour la dernière fois un fragment de ce worker, ou le fait que rien"
        " n'a changé."),
        ("Ancien : les autres workers montrent d'anciens chiffres de ces fragments ; voir"
        " vigie_redis_failures_total."),
    ),
    "vigie_leader": (
        "1 sur le worker qui tient le bail et montre les indicateurs, sinon 0.",
        ("La somme sur les workers doit être 1. 0 depuis plus de dix secondes : Redis est absent ;"
        " 2 : les horloges de deux machines divergent."),
    ),
    "vigie_lease_term": (
        "Numéro du dernier mandat pendant lequel ce worker tenait le bail. Rien avant le premier.",
        ("Le plus haut monte souvent : les workers ou Redis redémarrent, ou la boucle d'un worker"
        " se bloque."),
    ),
    "vigie_label_values_dropped_total": (
        ("Valeurs d'étiquettes distinctes (pour queue : file et canal ensemble) écartées parce"
        " qu'une limite est atteinte ou que deux valeurs se ressemblent après"
        f" nettoyage.{_PROCESS}"),
        ("Relever la limite (et celle des échantillons de la collecte), ou empêcher la source"
        " d'inventer des noms."),
    ),
    "vigie_collect_seconds": (
        "Temps de préparation des indicateurs de la dernière collecte.",
        ("Près de l'intervalle de collecte : moins de fenêtres, de files ou de séries"
        " facultatives."),
    ),
    "vigie_collect_series": (
        "Échantillons parmi les indicateurs de la dernière collecte.",
        "Bien sous le sample_limit de la collecte : au-delà, toute la collecte échoue.",
    ),
    "vigie_build_info": (
        "Constante 1, avec les versions de vigie, Python et Faust en étiquettes.",
        "Versions différentes entre workers : une mise à jour n'est pas terminée.",
    ),
    "vigie_http_requests_denied_total": (
        f"Requêtes et connexions refusées, par raison.{_PROCESS}",
        ("wrong_credentials ou failures croît : quelqu'un essaie des mots de passe, ou une collecte"
        " en a un ancien ; rate : un client demande trop souvent, ou relever web.rate_limit ;"
        " autres : le journal a les adresses."),
    ),
    "vigie_web_config_last_reload_successful": (
        ("1 quand le fichier de configuration web sur disque est en vigueur, 0 quand il est faux et"
        " que celui d'avant vaut encore. Seulement avec un tel fichier."),
        "0 : lancer `vigie web check`.",
    ),
    "vigie_web_certificate_expiry_timestamp_seconds": (
        "Quand le certificat du côté web se termine. Seulement avec TLS.",
        "Proche : renouveler le fichier ; vigie le reprend de lui-même.",
    ),
    "vigie_reports_sent_total": (
        f"Rapports que ce worker a fini d'envoyer.{_PROCESS}",
        "Stable pendant un jour sur tous les workers : voir les échecs et vigie_leader.",
    ),
    "vigie_reports_failed_total": (
        ("Tentatives échouées d'envoyer un rapport à quelqu'un, par raison ; gave_up : personne ne"
        f" l'a reçu.{_PROCESS}"),
        "Croît : regarder mail dans les réglages, le serveur de messagerie et les adresses.",
    ),
    "vigie_reports_last_sent_timestamp_seconds": (
        ("Quand un rapport a été envoyé pour la dernière fois, par n'importe quel worker."
        " Rien avant le premier."),
        "Plus ancien que sa période : personne ne l'envoie ; voir les échecs.",
    ),
    "vigie_alerts": (
        ("Alertes par gravité et état : en préparation, en cours (personne ne l'a prise),"
        " acquittée. Seulement sur le worker qui fait les alertes."),
        "La page Alertes de l'écran de vigie les énumère.",
    ),
    "vigie_alert_acknowledge_mean_seconds": (
        ("MTTA : temps moyen du déclenchement à l'acquittement, des alertes déclenchées dans la"
        " fenêtre. Rien s'il n'y en a pas ; ne pas en faire de moyenne."),
        ("Croît : les échelles d'appel touchent les mauvaises personnes, ou il y a trop"
        " d'alertes."),
    ),
    "vigie_alert_resolve_mean_seconds": (
        ("MTTR : temps moyen du déclenchement à la résolution, des alertes résolues dans la"
        " fenêtre. Rien s'il n'y en a pas ; ne pas en faire de moyenne."),
        "Croît : regarder les alertes qui durent le plus.",
    ),
    "vigie_alert_rules": (
        "Règles d'alerte en vigueur.",
        "0 : les alertes sont désactivées, ou le fichier de règles est vide.",
    ),
    "vigie_alert_evaluation_seconds": (
        "Temps de calcul du dernier examen de toutes les règles.",
        "Près d'une seconde : moins de règles, ou des portées plus étroites.",
    ),
    "vigie_alert_evaluation_timestamp_seconds": (
        ("Quand les règles ont été examinées pour la dernière fois. Seulement sur le worker qui"
        " fait les alertes."),
        "Ancien : la boucle du worker est bloquée, ou aucun worker ne mène (vigie_leader).",
    ),
    "vigie_alert_journal_failures_total": (
        f"Fois où le journal des alertes n'a pas pu être écrit.{_PROCESS}",
        ("Croît : le broker est absent ou refuse ; après dix secondes, les alertes sont envoyées"
        " sans être écrites."),
    ),
    "vigie_alert_notifications_total": (
        f"Messages arrivés à une cible.{_PROCESS}",
        "Stable alors que des alertes sont en cours : voir les échecs.",
    ),
    "vigie_alert_notifications_failed_total": (
        f"Tentatives d'atteindre une cible qui ont échoué, par raison.{_PROCESS}",
        "Croît : vérifier l'adresse de la cible, son secret, et si elle est en marche.",
    ),
    "vigie_alert_queue_length": (
        "Messages qui attendent une cible.",
        "Croît : la cible est lente ou absente.",
    ),
    "vigie_config_last_reload_successful": (
        ("1 quand le fichier de règles sur disque est en vigueur, 0 quand il est faux et que les"
        " règles d'avant valent encore."),
        "0 : lancer `vigie alerts check`.",
    ),
    "vigie_config_last_reload_timestamp_seconds": (
        "Quand un fichier de règles a été repris pour la dernière fois.",
        "Plus ancien que votre dernier changement : voir ci-dessus.",
    ),
}  # fmt: skip
"""Metric -> meaning and remedy."""
