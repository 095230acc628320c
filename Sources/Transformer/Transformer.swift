// Models as steps that a fleet can share out: layers on AttnMath, without MQTT, files or threads of their own.
