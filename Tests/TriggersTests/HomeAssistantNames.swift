/// The names that Home Assistant's MQTT discovery knows, as far as sensors and binary sensors may have them.
///
/// Source: its documentation of MQTT discovery, of `sensor.mqtt` and of `binary_sensor.mqtt`, and the schemas and tables of
/// abbreviations of its `mqtt` component, as of 2026.
enum HomeAssistantNames {
    static let device: Set = [
        "configuration_url", "connections", "hw_version", "identifiers", "manufacturer", "model", "model_id", "name",
        "serial_number", "suggested_area", "sw_version", "via_device",
    ]

    static let origin: Set = ["name", "sw_version", "support_url"]

    /// Beside `device`, `origin` and `components`, a device's message may have what its entities share.
    static let shared: Set = [
        "availability", "availability_mode", "availability_template", "availability_topic", "command_topic",
        "encoding", "payload_available", "payload_not_available", "qos", "state_topic",
    ]

    static let availability: Set = ["topic", "payload_available", "payload_not_available", "value_template"]

    static let entity: Set = [
        "availability", "availability_mode", "availability_template", "availability_topic", "default_entity_id",
        "device", "enabled_by_default", "encoding", "entity_category", "entity_picture", "icon",
        "json_attributes_template", "json_attributes_topic", "name", "origin", "payload_available",
        "payload_not_available", "platform", "qos", "state_topic", "unique_id", "value_template",
    ]

    static let ofPlatform: [String: Set<String>] = [
        "sensor": [
            "device_class", "expire_after", "force_update", "last_reset_value_template", "options", "state_class",
            "suggested_display_precision", "unit_of_measurement",
        ],
        "binary_sensor": [
            "device_class", "expire_after", "force_update", "off_delay", "payload_off", "payload_on",
        ],
    ]

    /// Short names, each of which a message may have instead of the long one.
    static let abbreviations = [
        "avty": "availability", "avty_mode": "availability_mode", "avty_t": "availability_topic",
        "avty_tpl": "availability_template", "cmps": "components", "def_ent_id": "default_entity_id",
        "dev": "device", "dev_cla": "device_class", "e": "encoding", "en": "enabled_by_default",
        "ent_cat": "entity_category", "ent_pic": "entity_picture", "exp_aft": "expire_after",
        "frc_upd": "force_update", "ic": "icon", "json_attr_t": "json_attributes_topic",
        "json_attr_tpl": "json_attributes_template", "lrst_val_tpl": "last_reset_value_template", "o": "origin",
        "off_dly": "off_delay", "ops": "options", "p": "platform", "pl_avail": "payload_available",
        "pl_not_avail": "payload_not_available", "pl_off": "payload_off", "pl_on": "payload_on",
        "stat_cla": "state_class", "stat_t": "state_topic", "sug_dsp_prc": "suggested_display_precision",
        "t": "topic", "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
        // Of a device.
        "cns": "connections", "cu": "configuration_url", "hw": "hw_version", "ids": "identifiers",
        "mdl": "model", "mdl_id": "model_id", "mf": "manufacturer", "sa": "suggested_area", "sn": "serial_number",
        "sw": "sw_version",
        // Of an origin.
        "url": "support_url",
    ]

    static let stateClasses: Set = ["measurement", "measurement_angle", "total", "total_increasing"]
    static let entityCategories: Set = ["config", "diagnostic"]
    /// Of those that there are, the ones that fit what a fleet says of itself.
    static let deviceClasses: [String: Set<String>] = [
        "sensor": ["data_size", "data_rate", "duration", "enum", "power", "temperature", "timestamp"],
        "binary_sensor": ["connectivity", "problem", "running"],
    ]
    static let dataSizes: Set = ["bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB"]
}
