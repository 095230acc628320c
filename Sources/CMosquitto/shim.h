// What the system's libmosquitto declares. The one importer is the Mosquitto module.
#include <mosquitto.h>
#include <mqtt_protocol.h>
