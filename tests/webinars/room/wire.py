"""A websocket to an ASGI application without a network (Channels' own one needs Daphne)."""

from asgiref.testing import ApplicationCommunicator

PATIENCE = 30  # seconds: what is waited for takes parts of one on an idle machine


class Wire(ApplicationCommunicator):
    def __init__(self, application, path, headers):
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(application, scope)

    async def connect(self):
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(PATIENCE)
        if answer["type"] == "websocket.close":
            return False, answer["code"]
        return True, answer.get("subprotocol")

    async def send_to(self, text_data):
        await self.send_input({"type": "websocket.receive", "text": text_data})

    async def receive_from(self, timeout=PATIENCE):
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return message["text"]

    async def disconnect(self, code=1000):
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(PATIENCE)
