namespace Isolation.Sdk.Leaks;

/// <summary>What a shell has no word for, as the shell's command lines: system calls by their numbers on x86-64 and
/// aarch64.</summary>
internal static class Perl
{
    /// <summary>Watches the folder <c>$1</c>; says so, and makes a file <c>seen</c> when there is something new of the
    /// name <c>$4</c>.</summary>
    public const string Watch =
        Numbers
        + """$i = syscall($x ? 294 : 26, 0); $w = syscall($x ? 254 : 27, $i, $d = $ARGV[0], 0x100); if ($w """
        + """< 0) { print "refused: $!\n"; exit } print "watching\n"; open(F, "<&=", $i); while """
        + """(sysread(F, $b, 4096)) { if (index($b, $ARGV[1]) >= 0) { open(S, ">", "seen"); print S "x"; """
        + """exit } }' "$1" "$4" """;

    /// <summary>Opens as many watchers as it is told, says how many it got, and holds them.</summary>
    public const string Watchers =
        Numbers
        + """$n = 0; while ($n < $ARGV[0]) { last if syscall($x ? 294 : 26, 0) < 0; $n++ } print "$ARGV[1] """
        + """$n\n"; sleep 600' """;

    /// <summary>Whether this user has a watcher left.</summary>
    public const string Watcher = Numbers + """exit(syscall($x ? 294 : 26, 0) < 0 ? 1 : 0)' """;

    /// <summary>Takes hold of a process as a debugger does, and lets it go.</summary>
    public const string Trace =
        Numbers
        + """$n = $x ? 101 : 117; exit 1 if syscall($n, 16, $ARGV[0] + 0, 0, 0) != 0; waitpid(-1, """
        + """0x40000000); syscall($n, 17, $ARGV[0] + 0, 0, 0)' """;

    /// <summary>Listens on a TCP port that the kernel chooses, and says which.</summary>
    public const string Listen =
        """exec perl -MIO::Socket::INET -e '$| = 1; $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", """
        + """Listen => 1, Proto => "tcp", LocalPort => 0) or do { print "refused: $!\n"; exit }; print """
        + """$s->sockport, "\n"; sleep 600'""";

    /// <summary>Connects to the TCP port <c>$6</c>.</summary>
    public const string Connect =
        """perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => """
        + """$ARGV[0], Proto => "tcp", Timeout => 20) ? 0 : 1)' "$6" """;

    /// <summary>Listens on a socket in the workspace.</summary>
    public const string ListenAtPath =
        """exec perl -MSocket -e '$| = 1; socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, pack_sockaddr_un("socket")) && listen(S, 8) or do { print "refused: $!\n"; exit }; print "listening\n"; sleep 600'""";

    /// <summary>Connects to a socket in the other's workspace; from inside it, for such a path is short.</summary>
    public const string ConnectToPath =
        """perl -MSocket -e 'chdir($ARGV[0]) or exit 1; socket(S, AF_UNIX, SOCK_STREAM, 0); """
        + """exit(connect(S, pack_sockaddr_un("socket")) ? 0 : 1)' "$1" """;

    /// <summary>Listens on a socket that has a name and no path.</summary>
    public const string ListenAtName =
        """exec perl -MSocket -e '$| = 1; socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, pack("S a*", AF_UNIX, "\0$ARGV[0]")) && listen(S, 8) or do { print "refused: $!\n"; exit }; print "listening\n"; sleep 600' "$4" """;

    /// <summary>Connects to that.</summary>
    public const string ConnectToName =
        """perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); exit(connect(S, pack("S a*", AF_UNIX, "\0$ARGV[0]")) ? 0 : 1)' "$4" """;

    /// <summary>Makes System V memory and a POSIX queue.</summary>
    public const string Share =
        Numbers
        + """$k = hex(substr($ARGV[0], 5, 7)) + 1; $i = shmget($k, 64, 0600 | 01000); shmwrite($i, "planted", 0, 7) if defined $i; syscall($x ? 240 : 180, $q = $ARGV[0], 0102, 0600, 0)' "$4" """;

    /// <summary>Finds either.</summary>
    public const string Find =
        Numbers
        + """$k = hex(substr($ARGV[0], 5, 7)) + 1; $i = shmget($k, 64, 0); exit 0 if defined $i && """
        + """shmread($i, $a, 0, 7) && $a eq "planted"; exit(syscall($x ? 240 : 180, $q = $ARGV[0], 0, 0, """
        + """0) < 0 ? 1 : 0)' "$4" """;

    /// <summary>Removes both.</summary>
    public const string Unshare =
        Numbers
        + """$k = hex(substr($ARGV[0], 5, 7)) + 1; $i = shmget($k, 64, 0); shmctl($i, 0, 0) if defined $i; """
        + """syscall($x ? 241 : 181, $q = $ARGV[0])' "$4" """;

    /// <summary>Puts a key on the user's own ring.</summary>
    public const string AddKey =
        Numbers
        + """exit(syscall($x ? 248 : 217, $t = "user", $d = $ARGV[0], $p = "planted", 7, -4) < 0 ? 1 : 0)' "$4" """;

    /// <summary>Finds it there.</summary>
    public const string FindKey =
        Numbers + """exit(syscall($x ? 250 : 219, 10, -4, $t = "user", $d = $ARGV[0], 0) < 0 ? 1 : 0)' "$4" """;

    /// <summary>Takes it off again.</summary>
    public const string RemoveKey =
        Numbers
        + """$k = syscall($x ? 250 : 219, 10, -4, $t = "user", $d = $ARGV[0], 0); syscall($x ? 250 : 219, """
        + """9, $k, -4) if $k > 0' "$4" """;

    private const string Numbers = """perl -e '$| = 1; $x = `uname -m` =~ /x86_64/; """;
}
