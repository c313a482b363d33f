"""Library calls that block: while one runs, an event loop serves nobody.

A name here is a canonical dotted name; a last part of ``*`` stands for every attribute, ``read_*`` for all that begin
so. Constructors that connect lazily (``redis.Redis``, ``httpx.Client``, ``pymongo.MongoClient``) are left out on
purpose, and so is what only touches a file's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from enum import StrEnum
from functools import lru_cache

from litestar_fix.model.libraries import library_name


class Waiting(StrEnum):
    """What the event loop waits for while a call blocks; a rule of its own reports some kinds."""

    IO = "input and output"
    CPU = "computation"
    DATABASE = "database"
    REQUESTS = "requests or urlopen"


_VERBS = "{get,post,put,patch,delete,head,options,request}"
_QUERIES = "{execute,exec,scalar,scalars,get,get_one,query,merge,refresh,flush,commit,rollback}"
_CURSOR = "{execute,executemany,callproc,fetchone,fetchmany,fetchall}"
# the usual ones by name: what begins with anything cannot be looked for
_COMMANDS = (
    "{append,blpop,brpop,decr,delete,eval,exists,expire,flushdb,get,getdel,getset,hdel,hexists,hget,hgetall,hincrby,"
    "hkeys,hmget,hset,hvals,incr,incrby,keys,llen,lpop,lpush,lrange,ltrim,mget,mset,ping,publish,rpop,rpush,sadd,scan,"
    "scan_iter,scard,set,setex,setnx,sismember,smembers,srem,ttl,unlink,xadd,xread,zadd,zcard,zincrby,zrange,"
    "zrangebyscore,zrem,zscore}"
)
_DOCUMENTS = (
    "{aggregate,bulk_write,count_documents,create_index,delete_many,delete_one,distinct,drop,estimated_document_count,"
    "find,find_one,find_one_and_delete,find_one_and_replace,find_one_and_update,insert_many,insert_one,replace_one,"
    "update_many,update_one}"
)
_AWS = (
    "{batch_get_item,batch_write_item,converse,copy_object,create_bucket,delete_item,delete_message,delete_object,"
    "delete_objects,describe_instances,download_file,download_fileobj,get_item,get_object,get_parameter,"
    "get_secret_value,head_object,invoke,invoke_model,list_objects,list_objects_v2,publish,put_item,put_object,query,"
    "receive_message,scan,send_email,send_message,send_raw_email,start_execution,update_item,upload_file,"
    "upload_fileobj}"
)

# (source, what it waits for, names); braces list alternatives
_TABLE: tuple[tuple[str, Waiting, tuple[str, ...]], ...] = (
    (
        "https://docs.python.org/3/library/functions.html#open",
        Waiting.IO,
        ("builtins.{open,input}", "io.{open,open_code}", "codecs.open"),
    ),
    (
        "https://docs.python.org/3/library/pathlib.html#reading-and-writing-files",
        Waiting.IO,
        ("pathlib.{Path,PosixPath,WindowsPath}.{open,read_text,read_bytes,write_text,write_bytes}",),
    ),
    ("https://docs.python.org/3/library/time.html#time.sleep", Waiting.IO, ("time.sleep",)),
    (
        "https://docs.python.org/3/library/subprocess.html",
        Waiting.IO,
        (
            "subprocess.{run,call,check_call,check_output,getoutput,getstatusoutput}",
            "subprocess.Popen.{wait,communicate}",
            "os.{system,popen,wait,waitpid}",
        ),
    ),
    (
        "https://docs.python.org/3/library/shutil.html",
        Waiting.IO,
        ("shutil.{copy,copy2,copyfile,copyfileobj,copytree,move,rmtree,make_archive,unpack_archive}",),
    ),
    (
        "https://docs.python.org/3/library/archiving.html",
        Waiting.IO,
        (
            "zipfile.ZipFile",
            "tarfile.{open,TarFile}",
            "gzip.{open,GzipFile}",
            "bz2.{open,BZ2File}",
            "lzma.{open,LZMAFile}",
        ),
    ),
    (
        "https://docs.python.org/3/library/socket.html",
        Waiting.IO,
        (
            "socket.{create_connection,getaddrinfo,gethostbyname,gethostbyaddr,getnameinfo}",
            "socket.socket.{accept,connect,recv,recvfrom,sendall}",
        ),
    ),
    (
        "https://docs.python.org/3/library/internet.html",
        Waiting.IO,
        (
            "http.client.{HTTPConnection,HTTPSConnection}.{connect,request,getresponse}",
            "smtplib.{SMTP,SMTP_SSL,LMTP}",
            "imaplib.{IMAP4,IMAP4_SSL}",
            "poplib.{POP3,POP3_SSL}",
            "ftplib.{FTP,FTP_TLS}",
        ),
    ),
    (
        "https://docs.python.org/3/library/urllib.request.html",
        Waiting.REQUESTS,
        ("urllib.request.{urlopen,urlretrieve}",),
    ),
    (
        "https://docs.python.org/3/library/sqlite3.html",
        Waiting.DATABASE,
        (
            "sqlite3.connect",
            "sqlite3.{Connection,Cursor}.{execute,executemany,executescript,commit,rollback,fetchone,fetchmany,fetchall}",
        ),
    ),
    (
        "https://github.com/openai/openai-python#usage",
        Waiting.IO,
        ("openai.resources.{create,edit,generate,parse,retrieve}",),
    ),
    (
        "https://github.com/anthropics/anthropic-sdk-python#usage",
        Waiting.IO,
        ("anthropic.resources.{count_tokens,create}",),
    ),
    (
        "https://requests.readthedocs.io/en/latest/api/",
        Waiting.REQUESTS,
        (f"requests.{_VERBS}", f"requests.{{Session,session}}.{_VERBS}"),
    ),
    (
        "https://www.python-httpx.org/api/",
        Waiting.IO,
        (f"httpx.{_VERBS}", "httpx.stream", f"httpx.Client.{_VERBS}", "httpx.Client.{send,stream}"),
    ),
    (
        "https://urllib3.readthedocs.io/en/stable/reference/",
        Waiting.IO,
        ("urllib3.request", "urllib3.PoolManager.{request,urlopen}"),
    ),
    (
        "https://docs.sqlalchemy.org/en/20/orm/session_api.html",
        Waiting.DATABASE,
        (
            f"{{sqlalchemy.orm,sqlmodel}}.Session.{_QUERIES}",
            f"sqlalchemy.orm.scoped_session.{_QUERIES}",
            "sqlalchemy.Engine.{connect,begin}",
            "sqlalchemy.Connection.{execute,scalar,scalars,commit}",
        ),
    ),
    (
        "https://peps.python.org/pep-0249/",
        Waiting.DATABASE,
        (
            "{psycopg,psycopg2,pymysql,MySQLdb,mysql.connector,pyodbc,pymssql,oracledb,cx_Oracle,duckdb}.connect",
            "psycopg.Connection.{connect,execute,commit,rollback}",
            f"{{psycopg.Cursor,psycopg2.extensions.cursor,pymysql.cursors.Cursor,MySQLdb.cursors.Cursor}}.{_CURSOR}",
            "{psycopg2.extensions.connection,pymysql.connections.Connection}.{commit,rollback}",
            "MySQLdb.connections.Connection.{commit,rollback}",
            "psycopg2.pool.{SimpleConnectionPool,ThreadedConnectionPool}",
        ),
    ),
    (
        "https://redis.readthedocs.io/en/stable/commands.html",
        Waiting.DATABASE,
        (
            "redis.{Redis,StrictRedis}.*",
            f"redis.{{Redis,StrictRedis,RedisCluster}}.{_COMMANDS}",
            "redis.Pipeline.execute",
        ),
    ),
    (
        "https://pymongo.readthedocs.io/en/stable/api/pymongo/collection.html",
        Waiting.DATABASE,
        (
            f"pymongo.collection.Collection.{_DOCUMENTS}",
            "pymongo.database.Database.{aggregate,command,create_collection,drop_collection,list_collection_names}",
            "pymongo.MongoClient.{drop_database,list_database_names,server_info}",
        ),
    ),
    (
        "https://boto3.amazonaws.com/v1/documentation/api/latest/reference/core/session.html",
        Waiting.IO,
        (
            "boto3.{client,resource}",
            "boto3.{Session,session.Session}.{client,resource}",
            f"botocore.client.BaseClient.{_AWS}",
        ),
    ),
    (
        "https://cloudinary.com/documentation/image_upload_api_reference",
        Waiting.IO,
        ("cloudinary.uploader.{upload,upload_large,unsigned_upload,destroy,rename,explicit}",),
    ),
    (
        "https://docs.paramiko.org/en/stable/api/client.html",
        Waiting.IO,
        ("paramiko.SSHClient.{connect,exec_command}",),
    ),
    ("https://pypi.org/project/bcrypt/", Waiting.CPU, ("bcrypt.{hashpw,checkpw,kdf}",)),
    (
        "https://argon2-cffi.readthedocs.io/en/stable/api.html",
        Waiting.CPU,
        ("argon2.PasswordHasher.{hash,verify}",),
    ),
    (
        "https://passlib.readthedocs.io/en/stable/lib/passlib.context.html",
        Waiting.CPU,
        ("passlib.context.CryptContext.{hash,verify,verify_and_update}",),
    ),
    (
        "https://werkzeug.palletsprojects.com/en/stable/utils/#module-werkzeug.security",
        Waiting.CPU,
        ("werkzeug.security.{check_password_hash,generate_password_hash}",),
    ),
    (
        "https://docs.python.org/3/library/hashlib.html#key-derivation",
        Waiting.CPU,
        ("hashlib.{scrypt,pbkdf2_hmac}",),
    ),
    (
        "https://pillow.readthedocs.io/en/stable/reference/Image.html",
        Waiting.CPU,
        ("PIL.Image.open", "PIL.Image.Image.{save,load,resize,thumbnail}"),
    ),
    ("https://pandas.pydata.org/docs/reference/io.html", Waiting.CPU, ("pandas.read_*",)),
    (
        "https://pandas.pydata.org/docs/reference/frame.html",
        Waiting.CPU,
        ("pandas.DataFrame.{apply,merge,to_excel}",),
    ),
    (
        "https://numpy.org/doc/stable/reference/routines.io.html",
        Waiting.IO,
        ("numpy.{load,save,savez,loadtxt,savetxt,genfromtxt,fromfile}",),
    ),
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

#: Computes only as long as what it is given is large: the body of a request.
PARSER = "json.loads"

#: Asynchronous parts, and errors, of packages that are listed here: to import them says nothing of blocking.
ASYNC_MODULES = ("redis.asyncio", "redis.exceptions", "sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio")

# What they return goes on blocking where it is used.
_OPENING = frozenset(
    [
        *["boto3.client", "boto3.resource", "builtins.open", "bz2.BZ2File", "bz2.open", "codecs.open", "gzip.GzipFile"],
        *["gzip.open", "httpx.Client.stream", "httpx.stream", "io.open", "lzma.LZMAFile", "lzma.open", "os.popen"],
        *["pathlib.Path.open", "PIL.Image.open", "socket.create_connection", "tarfile.TarFile", "tarfile.open"],
        *["botocore.client.BaseClient.get_object", "urllib.request.urlopen", "zipfile.ZipFile"],
        *[f"smtplib.{name}" for name in ("LMTP", "SMTP", "SMTP_SSL")],
        *[f"{name}{tls}" for name in ("imaplib.IMAP4", "poplib.POP3") for tls in ("", "_SSL")],
        *["ftplib.FTP", "ftplib.FTP_TLS"],
    ]
)
#: Those that open a file as ``anyio.open_file`` does.
OPENS_FILE = frozenset({"builtins.open", "io.open", "pathlib.Path.open"})


def is_opening(name: str) -> bool:
    """Tell whether a blocking call returns something that goes on blocking: a file, an archive, a connection."""
    return library_name(name) in _OPENING


def opens_sync_session(name: str) -> bool:
    """Tell whether a library call opens a synchronous database session: whoever opens one will block soon."""
    return library_name(name) in _SYNC_SESSIONS


def is_blocking(name: str, more: Iterable[str] = ()) -> bool:
    """Tell whether a library call is known to block.

    Args:
        name: canonical dotted name of what is called; builtins are ``builtins.<name>``.
        more: names that the project's settings add.
    """
    return waits_for(name, more) is not None


def waits_for(name: str, more: Iterable[str] = ()) -> Waiting | None:
    """Return what a library call that blocks waits for, None for one that is not known to block.

    Args:
        name: canonical dotted name of what is called; builtins are ``builtins.<name>``.
        more: names that the project's settings add.
    """
    if name in more:
        return Waiting.IO
    listed = library_name(name)
    exact, starred = _names()
    if listed in exact:
        return exact[listed]
    if listed in _LAZY:
        return None
    owner, _, last = listed.rpartition(".")
    return next((kind for prefix, kind in starred.get(owner, ()) if last.startswith(prefix)), None)


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, Waiting], dict[str, tuple[tuple[str, Waiting], ...]]]:
    exact = {}
    starred: dict[str, tuple[tuple[str, Waiting], ...]] = {}
    for _, kind, patterns in _TABLE:
        for name in (name for pattern in patterns for name in _alternatives(pattern)):
            owner, _, last = name.rpartition(".")
            if last.endswith("*"):
                starred[owner] = (*starred.get(owner, ()), (last.removesuffix("*"), kind))
            else:
                exact[name] = kind
    return exact, starred


def blocking_names(kinds: Set[Waiting], more: Iterable[str] = ()) -> Iterable[tuple[str, str]]:
    """Yield the package and the last part of the name of the calls that are known to block; ``read_*`` keeps its star.

    Args:
        kinds: what they wait for.
        more: names that the project's settings add.
    """
    exact, starred = _names()
    for name in (*(name for name, kind in exact.items() if kind in kinds), *more):
        yield name.partition(".")[0], name.rpartition(".")[2]
    for owner, prefixes in starred.items():
        yield from ((owner.partition(".")[0], f"{prefix}*") for prefix, kind in prefixes if kind in kinds)


def _alternatives(pattern: str) -> list[str]:
    before, opening, rest = pattern.partition("{")
    if not opening:
        return [pattern]
    choices, _, after = rest.partition("}")
    return [f"{before}{choice}{tail}" for tail in _alternatives(after) for choice in choices.split(",")]
