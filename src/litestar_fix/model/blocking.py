"""Library calls that block: while one runs, an event loop serves nobody.

A name here is a canonical dotted name; a last part of ``*`` stands for every attribute, ``read_*`` for all that begin
so. Constructors that connect lazily (``redis.Redis``, ``httpx.Client``, ``pymongo.MongoClient``) are left out on
purpose, and so is what only touches a file's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType

from litestar_fix.model.libraries import library_name

_VERBS = "{get,post,put,patch,delete,head,options,request}"
_QUERIES = "{execute,exec,scalar,scalars,get,get_one,query,merge,refresh,flush,commit,rollback}"

# source -> names; braces list alternatives
_TABLE = MappingProxyType(
    {
        "https://docs.python.org/3/library/functions.html#open": (
            "builtins.{open,input}",
            "io.{open,open_code}",
            "codecs.open",
        ),
        "https://docs.python.org/3/library/pathlib.html#reading-and-writing-files": (
            "pathlib.{Path,PosixPath,WindowsPath}.{open,read_text,read_bytes,write_text,write_bytes}",
        ),
        "https://docs.python.org/3/library/time.html#time.sleep": ("time.sleep",),
        "https://docs.python.org/3/library/subprocess.html": (
            "subprocess.{run,call,check_call,check_output,getoutput,getstatusoutput}",
            "os.{system,popen,wait,waitpid}",
        ),
        "https://docs.python.org/3/library/shutil.html": (
            "shutil.{copy,copy2,copyfile,copyfileobj,copytree,move,rmtree,make_archive,unpack_archive}",
        ),
        "https://docs.python.org/3/library/archiving.html": (
            "zipfile.ZipFile",
            "tarfile.{open,TarFile}",
            "gzip.{open,GzipFile}",
            "bz2.{open,BZ2File}",
            "lzma.{open,LZMAFile}",
        ),
        "https://docs.python.org/3/library/socket.html": (
            "socket.{create_connection,getaddrinfo,gethostbyname,gethostbyaddr,getnameinfo}",
            "socket.socket.{accept,connect,recv,recvfrom,sendall}",
        ),
        "https://docs.python.org/3/library/internet.html": (
            "urllib.request.{urlopen,urlretrieve}",
            "http.client.{HTTPConnection,HTTPSConnection}.{connect,request,getresponse}",
            "smtplib.{SMTP,SMTP_SSL,LMTP}",
            "imaplib.{IMAP4,IMAP4_SSL}",
            "poplib.{POP3,POP3_SSL}",
            "ftplib.{FTP,FTP_TLS}",
        ),
        "https://docs.python.org/3/library/sqlite3.html": (
            "sqlite3.connect",
            "sqlite3.{Connection,Cursor}.{execute,executemany,executescript,commit,rollback,fetchone,fetchmany,fetchall}",
        ),
        "https://requests.readthedocs.io/en/latest/api/": (
            f"requests.{_VERBS}",
            f"requests.{{Session,session}}.{_VERBS}",
        ),
        "https://www.python-httpx.org/api/": (
            f"httpx.{_VERBS}",
            "httpx.stream",
            f"httpx.Client.{_VERBS}",
            "httpx.Client.{send,stream}",
        ),
        "https://urllib3.readthedocs.io/en/stable/reference/": (
            "urllib3.request",
            "urllib3.PoolManager.{request,urlopen}",
        ),
        "https://docs.sqlalchemy.org/en/20/orm/session_api.html": (
            f"{{sqlalchemy.orm,sqlmodel}}.Session.{_QUERIES}",
            f"sqlalchemy.orm.scoped_session.{_QUERIES}",
            "sqlalchemy.Engine.{connect,begin}",
            "sqlalchemy.Connection.{execute,scalar,scalars,commit}",
        ),
        "https://peps.python.org/pep-0249/": (
            "{psycopg,psycopg2,pymysql,MySQLdb,mysql.connector,pyodbc,pymssql,oracledb,cx_Oracle,duckdb}.connect",
            "psycopg.Connection.{connect,execute,commit}",
            "psycopg2.pool.{SimpleConnectionPool,ThreadedConnectionPool}",
        ),
        "https://redis.readthedocs.io/en/stable/commands.html": ("redis.{Redis,StrictRedis}.*",),
        "https://boto3.amazonaws.com/v1/documentation/api/latest/reference/core/session.html": (
            "boto3.{client,resource}",
            "boto3.{Session,session.Session}.{client,resource}",
        ),
        "https://docs.paramiko.org/en/stable/api/client.html": ("paramiko.SSHClient.{connect,exec_command}",),
        "https://pypi.org/project/bcrypt/": ("bcrypt.{hashpw,checkpw,kdf}",),
        "https://argon2-cffi.readthedocs.io/en/stable/api.html": ("argon2.PasswordHasher.{hash,verify}",),
        "https://passlib.readthedocs.io/en/stable/lib/passlib.context.html": (
            "passlib.context.CryptContext.{hash,verify,verify_and_update}",
        ),
        "https://werkzeug.palletsprojects.com/en/stable/utils/#module-werkzeug.security": (
            "werkzeug.security.{check_password_hash,generate_password_hash}",
        ),
        "https://docs.python.org/3/library/hashlib.html#key-derivation": ("hashlib.{scrypt,pbkdf2_hmac}",),
        "https://pillow.readthedocs.io/en/stable/reference/Image.html": (
            "PIL.Image.open",
            "PIL.Image.Image.{save,load,resize,thumbnail}",
        ),
        "https://pandas.pydata.org/docs/reference/io.html": ("pandas.read_*",),
        "https://numpy.org/doc/stable/reference/routines.io.html": (
            "numpy.{load,save,savez,loadtxt,savetxt,genfromtxt,fromfile}",
        ),
    }
)

# opening one does not block, but there is nothing to do with it that does not
_SYNC_SESSIONS = frozenset(
    [
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.scoped_session.__call__",
        "sqlalchemy.orm.sessionmaker.__call__",
        "sqlmodel.Session",
    ]
)

# no command is sent yet
_LAZY = frozenset(
    f"redis.{class_}.{method}"
    for class_ in ("Redis", "StrictRedis")
    for method in ("from_url", "from_pool", "pipeline", "pubsub", "lock", "register_script", "set_response_callback")
)


def opens_sync_session(name: str) -> bool:
    """Tell whether a library call opens a synchronous database session: whoever opens one will block soon."""
    return library_name(name) in _SYNC_SESSIONS


def is_blocking(name: str, more: Iterable[str] = ()) -> bool:
    """Tell whether a library call is known to block.

    Args:
        name: canonical dotted name of what is called; builtins are ``builtins.<name>``.
        more: names that the project's settings add.
    """
    listed = library_name(name)
    owner, _, last = listed.rpartition(".")
    exact, starred = _names()
    if name in more or listed in exact:
        return True
    return listed not in _LAZY and any(last.startswith(prefix) for prefix in starred.get(owner, ()))


@lru_cache(maxsize=1)
def _names() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    exact = set()
    starred: dict[str, tuple[str, ...]] = {}
    for pattern in (pattern for row in _TABLE.values() for pattern in row):
        for name in _alternatives(pattern):
            owner, _, last = name.rpartition(".")
            if last.endswith("*"):
                starred[owner] = (*starred.get(owner, ()), last.removesuffix("*"))
            else:
                exact.add(name)
    return frozenset(exact), starred


def _alternatives(pattern: str) -> list[str]:
    before, opening, rest = pattern.partition("{")
    if not opening:
        return [pattern]
    choices, _, after = rest.partition("}")
    return [f"{before}{choice}{tail}" for tail in _alternatives(after) for choice in choices.split(",")]
