"""The least client of a fleet: an MQTT 5 library and a safetensors library are all it takes.

    pip install numpy safetensors paho-mqtt
    attn up --port 1883              (in another terminal)
    python examples/client.py [PORT]

One that is to be relied on also sends again what is not answered; see "Writing a client" in docs/wire.md.
"""
import json, sys, uuid
import numpy as np
from paho.mqtt import client as mqtt, packettypes, properties
from safetensors.numpy import load, save

name, port = uuid.uuid4().hex, int(sys.argv[1]) if len(sys.argv) > 1 else 1883
answers, reply_to = [], f"attn/v1/home/answer/{name}"

request = save({t: np.random.randn(1, 12, 128, 32).astype("float32") for t in "QKV"}, metadata={"job": name})
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.on_message = lambda client, _, message: (answers.append(message.payload), client.disconnect())
client.connect("127.0.0.1", port), client.subscribe(reply_to, qos=1)
asking = properties.Properties(packettypes.PacketTypes.PUBLISH)
asking.ResponseTopic = reply_to
client.publish("attn/v1/home/job", request, qos=1, properties=asking), client.loop_forever()

header = json.loads(answers[0][8 : 8 + int.from_bytes(answers[0][:8], "little")])
print(header["__metadata__"]["status"], {name: y.shape for name, y in load(answers[0]).items()})
print(json.dumps(json.loads(header["__metadata__"].get("report", "{}")), indent=2))
