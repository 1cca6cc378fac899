"""PostgreSQL with TimescaleDB from Debian's own packages, unpacked into a private folder.

Needs `apt-get`, `dpkg-deb` and `tar`, no root and no compiler. apt runs on lists, a status file and a cache
of its own inside the folder, so that the machine's packages stay untouched; the mirror and proxies are the
ones this machine is configured for. The unpacked programs bring their own libc: each is replaced by a
wrapper that finds loader and libraries relative to itself. What does not belong here: running the server.
"""

import re
import shutil
import stat
import tarfile
from collections.abc import Iterable
from pathlib import Path

from trend_platform.errors import UnavailableError
from trend_platform.local import commands

SUITE = "trixie"
MAJOR = 17
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# What the server does not link to: the installer's tools, perl, LLVM (jit is off) and interactive niceties.
_UNWANTED = re.compile(
    r"perl.*|libperl.*|lib(json|io-pty|ipc-run|text-.*)-perl|libllvm.*|libz3.*|postgresql-common.*|ssl-cert|openssl"
    r"|openssl-provider.*|debconf|passwd|login\.defs|adduser|ucf|locales|libc-l10n|procps|libproc2.*"
    r"|init-system-helpers|sysvinit-utils|base-passwd|sensible-utils|libsemanage.*|libsepol.*|libpam-modules.*"
    r"|libdebconf.*|libdb5.*|libgdbm.*|libbsd.*|libmd0|readline-common|netbase|libncursesw.*"
)
_LEFT_OUT = re.compile(
    r"\./(etc|var)(/|$)|\./usr/share/(doc|man|locale)/|\./usr/lib/postgresql/[^/]+/lib/bitcode/|\./usr/lib/[^/]+/gconv/"
)
_APT_CONFIGURATION = """\
Dir::Etc::sourcelist "{apt}/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Dir::State::Lists "{apt}/lists"; Dir::State::status "{apt}/status";
Dir::Cache "{apt}/cache"; Dir::Cache::archives "{apt}/cache/archives";
Dir::Log "{apt}"; Debug::NoLocking "1"; APT::Sandbox::User "";
Acquire::Languages "none"; Acquire::Retries "3";
APT::Install-Recommends "false"; APT::Get::List-Cleanup "false";
"""
_WRAPPER = """\
#!/bin/sh
D=$(cd "$(dirname "$0")/../../../../.." && pwd -P)
exec "$D/{loader}" --argv0 "$D/{program}" --library-path "$D/{libraries}" "$D/{real}" "$@"
"""


def unpack(into: Path) -> Path:
    """Fetch and unpack the packages; about five seconds and 105 MB.

    Args:
        into: Folder to fill; it must not hold anything yet.

    Returns:
        The folder of the server's programs.

    Raises:
        UnavailableError: This machine has no apt, no Debian mirror or no network.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise UnavailableError(f"{tool} is not on this machine")
    apt = into / ".apt"
    for folder in (apt / "lists" / "partial", apt / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True)
    _fetch(apt)
    for package in sorted((apt / "cache" / "archives").glob("*.deb")):
        _extract(package, into)
    shutil.rmtree(apt)
    programs = into / "usr" / "lib" / "postgresql" / str(MAJOR) / "bin"
    _make_relocatable(into, programs)
    return programs


def mirror() -> str:
    """Return the URL of the Debian mirror this machine is configured for.

    apt is asked, because it reads one-line lists and deb822 `.sources` files alike.

    Raises:
        UnavailableError: The configuration of this machine names no Debian mirror.
    """
    listing = commands.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages"])
    return choose_mirror(listing.splitlines())


def choose_mirror(lines: Iterable[str]) -> str:
    """Pick the main Debian archive out of lines of the form `URI COMPONENT`.

    Raises:
        UnavailableError: None of them is one.
    """
    for line in lines:
        uri, _, component = line.strip().partition(" ")
        if component == "main" and re.search(r"/debian/?$", uri):
            return uri
    raise UnavailableError("apt on this machine is not configured for a Debian mirror")


def _fetch(apt: Path) -> None:
    (apt / "status").touch()
    signed = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
    (apt / "sources.list").write_text(f"deb {signed}{mirror()} {SUITE} main\n")
    (apt / "apt.conf").write_text(_APT_CONFIGURATION.format(apt=apt))
    env = ["env", f"APT_CONFIG={apt / 'apt.conf'}", "LC_ALL=C"]
    commands.run([*env, "apt-get", "-qq", "update"])
    wanted = [f"postgresql-{MAJOR}", f"postgresql-{MAJOR}-timescaledb"]
    listed = commands.run([*env, "apt-get", "-qq", "-y", "install", "--print-uris", *wanted])
    names = needed_packages(listed.splitlines())
    commands.run([*env, "apt-get", "-qq", "download", *names], cwd=apt / "cache" / "archives")


def needed_packages(uris: Iterable[str]) -> list[str]:
    """Return the packages the server links to, from the lines of `apt-get --print-uris`.

    Each line reads `'URL' name_version_arch.deb size hash`.
    """
    files = [line.split()[1] for line in uris if line.startswith("'")]
    return [name for name in (file.partition("_")[0] for file in files) if not _UNWANTED.fullmatch(name)]


def _extract(package: Path, into: Path) -> None:
    with (
        commands.reading(["dpkg-deb", "--fsys-tarfile", package]) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        # Python 3.11.2, Debian 12's own, knows no filters yet; later ones warn when none is named.
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)
        for member in archive:
            if not _LEFT_OUT.match(member.name):
                archive.extract(member, into)


def _make_relocatable(root: Path, programs: Path) -> None:
    real = programs.parent / "real"
    real.mkdir()
    loaders = [*root.glob("usr/lib64/ld-linux-*.so.*"), *root.glob("usr/lib/ld-linux-*.so.*")]
    libraries = next(iter(root.glob("usr/lib/*/libc.so.6")), None)
    if not loaders or libraries is None:
        raise UnavailableError("the unpacked packages hold no C library; Debian's layout has changed")
    for program in sorted(programs.iterdir()):
        with program.open("rb") as file:
            if file.read(4) != b"\x7fELF":  # perl scripts stay as they are
                continue
        moved = program.rename(real / program.name)
        program.write_text(
            _WRAPPER.format(
                loader=loaders[0].relative_to(root),
                libraries=libraries.parent.relative_to(root),
                program=program.relative_to(root),
                real=moved.relative_to(root),
            )
        )
        program.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
