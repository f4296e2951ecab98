using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>A worker's processes, and no others, have a limit of file locks by which they are known.</summary>
public sealed class ProcessMarkTests
{
    private const string Look = "grep 'file locks' /proc/self/limits";

    [IsolationFact]
    public void A_mark_is_the_same_in_every_host_and_belongs_to_one_command_of_one_scope()
    {
        ProcessMark scope = ProcessMark.Of("0123456789ab."),
            first = ProcessMark.Of("0123456789ab.1."),
            second = ProcessMark.Of("0123456789ab.2.");

        // By these a later version of the library knows what an earlier one left.
        Assert.Equal((3788753898509198225ul, 8431278792246647951ul), (first.Soft, first.Hard));
        Assert.Equal(first.Hard, second.Hard);
        Assert.Equal(first.Hard, scope.Hard);
        Assert.NotEqual(first.Soft, second.Soft);
        Assert.NotEqual(first.Hard, ProcessMark.Of("0123456789ac.1.").Hard);
        Assert.Equal((true, false), (scope.OfScope, first.OfScope));
        Assert.All(
            Enumerable.Range(0, 100).Select(n => ProcessMark.Of(ProcessMark.CommandMarker(ProcessMark.NewMarker(), n))),
            mark => Assert.InRange(mark.Soft, 0ul, mark.Hard)
        );
    }

    [IsolationTheory(Tools.Linux, Tools.Marks, Tools.Landlock)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_command_has_its_mark_from_its_first_instruction_on(bool confined)
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(
                o => o.Mechanism = TreeStopMechanism.SessionAndMarker,
                confinement: confined ? new RestrictedConfinement() : null
            )
        );

        // Nothing is done before the look: the program itself is what reads.
        ExecResult[] said = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(_ =>
                    scope.ExecAsync(
                        WorkerCommand.Of(
                            "grep",
                            "-aEho",
                            "^Max file locks.*|ISOLATION_SCOPE=[0-9a-f.]+",
                            "/proc/self/limits",
                            "/proc/self/environ"
                        )
                    )
                )
        );

        Assert.All(said, s =>
        {
            string[] lines = s.Output.Split('\n');
            ProcessMark mark = ProcessMark.Of(lines[1].Split('=')[1]);
            Assert.Equal([Text(mark.Soft), Text(mark.Hard)], Values(lines[0]));
            Assert.Equal("session, marker and limit", s.Mechanism);
        });
    }

    [IsolationFact(Tools.Linux, Tools.Marks)]
    public async Task The_host_and_what_else_it_starts_meanwhile_have_no_mark()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        Task<ExecResult>[] marked =
        [
            .. Enumerable.Range(0, 16).Select(_ => scope.ExecAsync(WorkerCommand.Of("sh", "-c", Look))),
        ];
        string[] others = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(OutsideAsync)));

        Assert.All(await Task.WhenAll(marked), s => Assert.DoesNotContain("unlimited", s.Output));
        Assert.All(
            [.. others, (await File.ReadAllLinesAsync("/proc/self/limits")).Single(l => l.Contains("file locks"))],
            line => Assert.Equal("unlimited", Values(line)[1])
        );
        Assert.Null(ProcessTable.FileLocks(Environment.ProcessId));
    }

    [IsolationFact(Tools.Linux, Tools.Marks)]
    public async Task A_command_that_leaves_no_place_to_hold_the_next_one_at_is_no_hindrance_to_it_and_that_is_said()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = TreeStopMechanism.SessionAndMarker);

        await scope.ExecAsync(WorkerCommand.Of("sh", "-c", "rm -r $XDG_RUNTIME_DIR && echo > $XDG_RUNTIME_DIR"));
        ExecResult next = await scope.ExecAsync(WorkerCommand.Of("echo", "done"));

        Assert.Equal(("done\n", "session and marker"), (next.Output, next.Mechanism));
    }

    [IsolationTheory(Tools.Linux, Tools.Marks, Tools.Landlock)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_goes_wrong_before_a_child_is_held_is_a_fault_and_nobody_waits(bool released)
    {
        await using SandboxFixture sandbox = new();
        string folder = Directory.CreateDirectory(Path.Combine(sandbox.Root, "gates")).FullName;
        using ThreadRestriction restriction = new(
            new AccessScope(["/"], [], [], NetworkAccess.None),
            ConfinementParts.All
        );
        string marker = ProcessMark.NewMarker();
        ProcessSpec spec = new(
            "/bin/true",
            new Arguments(TakeFolderAway),
            "/",
            new Dictionary<string, string>(),
            marker
        )
        {
            Restriction = released ? restriction : null,
        };
        ChildStarter starter = new(
            spec,
            LimitValues.None,
            CommandCgroups.None,
            ProcessMark.Of(marker),
            TimeProvider.System
        );
        using PipePair output = new();

        // A scope that lets go of its rules while something starts in it.
        restriction.Dispose();

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() =>
            starter.StartAsync(null, output.Write, output.Write, Path.Combine(folder, "gate"))
        );
        Assert.Equal(SandboxCodes.CommandNotStarted, fault.Code);

        // A command takes the folder away, once the place to hold the next one at is made.
        void TakeFolderAway() => Directory.Move(folder, folder + "-away");
    }

    /// <summary>No arguments; reading them, which the start does last, does something.</summary>
    private sealed class Arguments(Action read) : IReadOnlyList<string>
    {
        public int Count => 0;

        public string this[int index] => throw new NotSupportedException();

        public IEnumerator<string> GetEnumerator()
        {
            read();
            return Enumerable.Empty<string>().GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static async Task<string> OutsideAsync()
    {
        using Process process = Process.Start(
            new ProcessStartInfo("sh", ["-c", Look]) { RedirectStandardOutput = true }
        )!;
        string line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return line;
    }

    private static string[] Values(string line) =>
        line["Max file locks".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2];

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
