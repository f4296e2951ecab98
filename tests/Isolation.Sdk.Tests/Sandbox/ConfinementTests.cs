using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>What an ordinary process reaches and a restricted or sealed one does not, channel by channel.</summary>
public sealed class ConfinementTests
{
    // What Landlock has no word for; docs/reference/guarantees.md says so.
    private static readonly string[] OpenWhenRestricted = ["path socket", "process list", "change sibling's mode"];

    // Nobody else's: the only address is its own.
    private static readonly string[] OpenWhenSealed = ["tcp listen"];

    public static TheoryData<string> Probes => new(ConfinementProbe.Names);

    [IsolationTheory(Tools.Linux, "perl", "unshare", DefaultRows = 1)]
    [MemberData(nameof(Probes))]
    public async Task An_ordinary_process_gets_through(string probe) =>
        Assert.True(await new ConfinementProbe(() => null).LeaksAsync(probe), probe);

    [IsolationTheory(Tools.Landlock, "perl", "unshare", DefaultRows = 3)]
    [MemberData(nameof(Probes))]
    public async Task A_restricted_process_does_not(string probe) =>
        Assert.Equal(
            OpenWhenRestricted.Contains(probe),
            await new ConfinementProbe(() => new RestrictedConfinement()).LeaksAsync(probe)
        );

    [IsolationTheory(Tools.Bubblewrap, "perl", "unshare", DefaultRows = 2)]
    [MemberData(nameof(Probes))]
    public async Task A_sealed_process_does_not(string probe) =>
        Assert.Equal(
            OpenWhenSealed.Contains(probe),
            await new ConfinementProbe(() => new BubblewrapConfinement(TimeProvider.System)).LeaksAsync(probe)
        );

    [IsolationTheory(Tools.Landlock, "perl", "unshare", DefaultRows = 1)]
    [InlineData("Landlock", "write sibling")]
    [InlineData("Landlock", "read sibling")]
    [InlineData("Landlock", "signal")]
    [InlineData("Landlock", "tcp")]
    [InlineData("Landlock", "abstract socket")]
    [InlineData("Landlock", "shared memory")]
    [InlineData("Seccomp", "System V memory")]
    [InlineData("Seccomp", "priority")]
    [InlineData("Seccomp", "udp")]
    public async Task Without_its_part_a_restricted_process_gets_through(string without, string probe) =>
        Assert.True(
            await new ConfinementProbe(() =>
                new RestrictedConfinement(ConfinementParts.All & ~Enum.Parse<ConfinementParts>(without))
            ).LeaksAsync(probe),
            probe
        );

    [IsolationTheory(Tools.Bubblewrap, "perl", "unshare")]
    [InlineData("Namespaces", "tcp")]
    [InlineData("Namespaces", "abstract socket")]
    [InlineData("Namespaces", "process list")]
    [InlineData("Namespaces, Seccomp", "System V memory")]
    public async Task Without_its_part_a_sealed_process_gets_through(string without, string probe) =>
        Assert.True(
            await new ConfinementProbe(() =>
                new BubblewrapConfinement(
                    TimeProvider.System,
                    ConfinementParts.All & ~Enum.Parse<ConfinementParts>(without)
                )
            ).LeaksAsync(probe),
            probe
        );

    [IsolationFact(Tools.Bubblewrap)]
    public async Task A_sealed_process_cannot_remount_and_the_test_for_it_sees_one_that_can()
    {
        Assert.Empty(await new BubblewrapSelfTest(ConfinementParts.All, TimeProvider.System).RunAsync());
        if (Environment.IsPrivilegedProcess)
        {
            IReadOnlyList<IsolationFault> found = await new BubblewrapSelfTest(
                ConfinementParts.Namespaces,
                TimeProvider.System
            ).RunAsync();
            Assert.Equal(SandboxCodes.Escaped, Assert.Single(found).Code);
        }
    }

    [IsolationFact(Tools.Landlock)]
    public async Task The_host_stays_as_it_was()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(confinement: new RestrictedConfinement()));

        ExecResult[] said = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(_ => scope.ExecAsync(WorkerCommand.Of("grep", "NoNewPrivs", "/proc/self/status")))
        );

        Assert.All(said, s => Assert.Equal("NoNewPrivs:\t1\n", s.Output));
        Assert.All(Directory.EnumerateDirectories("/proc/self/task"), task =>
            Assert.DoesNotContain("NoNewPrivs:\t1", Status(task))
        );
    }

    [IsolationFact(Tools.Landlock)]
    public async Task A_restricted_process_has_no_capabilities_and_a_filter()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(confinement: new RestrictedConfinement()));

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of("grep", "-E", "^Cap(Prm|Eff|Bnd|Amb)|^Seccomp:", "/proc/self/status")
        );

        string[] values =
        [
            .. said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[1]),
        ];
        string none = new('0', 16);
        Assert.Equal(
            Environment.IsPrivilegedProcess ? [none, none, none, none, "2"] : [none, none, values[2], none, "2"],
            values
        );
    }

    [IsolationFact(Tools.Landlock, Tools.Marks, "perl", "prlimit", "bash")]
    public async Task A_restricted_process_reads_its_limits_and_changes_all_but_the_one_that_it_is_known_by()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(confinement: new RestrictedConfinement()));
        const string Script = """
            look() { grep 'file locks' /proc/self/limits; }
            before=$(look)
            bash -c 'ulimit -a' > /dev/null && prlimit > /dev/null && echo reads
            prlimit --locks=5 true || echo prlimit refused
            prlimit --nofile=100:100 sh -c 'ulimit -n'
            bash -c 'ulimit -Sx 5; ulimit -n 99; ulimit -n'
            perl -e '($set, $own, $other) = `uname -m` =~ /x86_64/ ? (160, 302, 7) : (164, 261, 7); $five = pack("QQ", 5, 5);
                print "setrlimit refused\n" if syscall($set, 10, $five) < 0; print "another works\n" if syscall($set, $other, $five) == 0;
                print "high half refused\n" if syscall($own, 0, 10 | 1 << 32, $five, 0) < 0; print "own id refused\n" if syscall($own, $$, 10, $five, 0) < 0'
            [ "$before" = "$(look)" ] && echo kept
            """;

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", Script));

        Assert.Equal(
            "reads\nprlimit refused\n100\n99\nsetrlimit refused\nanother works\nhigh half refused\nown id "
                + "refused\nkept\n",
            said.Output
        );
    }

    [IsolationFact(Tools.Landlock)]
    public async Task What_lies_where_a_worker_may_not_read_is_refused_with_a_reason()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(confinement: new RestrictedConfinement()));

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(async () =>
            await scope.StartAsync(WorkerCommand.Of(sandbox.Script("true")))
        );

        Assert.Equal(SandboxCodes.CommandNotStarted, refused.Code);
        Assert.Contains("ReadablePaths", refused.Message);
    }

    [IsolationTheory(Tools.Landlock)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_filter_is_made_for_both_machines(bool arm)
    {
        SeccompInstruction[] filter = SeccompFilter.Build(NetworkAccess.None, arm);

        Assert.InRange(filter.Length, DeniedSystemCalls.Always.Count * 2, 4096);
        Assert.Equal(0x7fff0000u, filter[^1].Value);
    }

    private static string Status(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "status"));
        }
        catch (IOException)
        {
            // That thread has ended.
            return "";
        }
    }
}
