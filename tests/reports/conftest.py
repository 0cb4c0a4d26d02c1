from tests.mail_server import mailbox

__all__ = ["mailbox"]
