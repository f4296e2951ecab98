using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

public sealed class StartTests
{
    [IsolationTheory]
    [InlineData(null)]
    [InlineData("SessionAndMarker")]
    [InlineData("ProcessTree")]
    public async Task A_command_runs_in_the_workspace_and_says_what_it_said(string? mechanism)
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
            o.Mechanism = mechanism is null ? null : Enum.Parse<TreeStopMechanism>(mechanism)
        );

        ExecResult result = await scope.ExecAsync(WorkerCommand.Of(sandbox.Script("pwd; echo $1 >&2; exit 7"), "a b"));

        Assert.Equal(7, result.ExitCode);
        Assert.EndsWith("/item.1/work\n", result.Output);
        Assert.Equal("a b\n", result.Error);
    }

    [IsolationTheory(Tools.Linux)]
    [InlineData("SessionAndMarker")]
    [InlineData("ProcessTree")]
    public async Task A_script_that_somebody_still_holds_open_for_writing_starts_a_moment_later(string mechanism)
    {
        await using SandboxFixture sandbox = new();
        string script = sandbox.Script("echo started");
        FileStream writing = new(script, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(
                o => o.Mechanism = Enum.Parse<TreeStopMechanism>(mechanism),
                new AtTheFirstPause(writing.Dispose)
            )
        );

        Assert.Equal("started\n", (await scope.ExecAsync(WorkerCommand.Of(script))).Output);
    }

    /// <summary>The clock of the system, with something to do when somebody first waits on it.</summary>
    private sealed class AtTheFirstPause(Action then) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            then();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    [IsolationFact]
    public async Task A_command_that_a_signal_ended_says_so_as_a_shell_would()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        ExecResult result = await scope.ExecAsync(WorkerCommand.Of(sandbox.Script("kill -9 $$")));

        Assert.Equal(137, result.ExitCode);
    }

    [IsolationFact]
    public async Task Standard_input_is_empty_unless_the_caller_asks_for_it()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        ExecResult closed = await scope.ExecAsync(WorkerCommand.Of("cat"));
        await using IWorkerProcess open = await scope.StartAsync(WorkerCommand.Of("cat") with { OpenInput = true });
        await open.Input.WriteAsync("hello"u8.ToArray());
        await open.Input.DisposeAsync();

        Assert.Equal("", closed.Output);
        Assert.Equal("hello", await new StreamReader(open.Output).ReadToEndAsync());
    }

    [IsolationFact]
    public async Task A_command_is_looked_up_in_the_scopes_own_path_and_never_in_the_workspace()
    {
        await using SandboxFixture sandbox = new();
        string bin = Path.GetDirectoryName(sandbox.Script("true"))!;
        File.Move(sandbox.Script("echo found"), Path.Combine(bin, "only-there"));
        IStateScope with = await sandbox.OpenAsync(o => o.Environment["PATH"] = bin + ":/usr/bin:/bin");
        IStateScope without = await sandbox.OpenAsync(o => o.Environment["PATH"] = "/usr/bin:/bin:.");

        ExecResult found = await with.ExecAsync(WorkerCommand.Of("only-there"));
        IsolationException missing = await Assert.ThrowsAsync<IsolationException>(() =>
            without.ExecAsync(WorkerCommand.Of("only-there") with { Directory = bin })
        );

        Assert.Equal("found\n", found.Output);
        Assert.Equal(SandboxCodes.CommandNotFound, missing.Code);
    }

    [IsolationTheory]
    [InlineData(null)]
    [InlineData("ProcessTree")]
    public async Task A_file_that_is_no_program_of_this_machine_is_a_fault_with_a_code(string? mechanism)
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
            o.Mechanism = mechanism is null ? null : Enum.Parse<TreeStopMechanism>(mechanism)
        );
        string broken = sandbox.Script("");
        await File.WriteAllTextAsync(broken, "#!/no/such/interpreter\n");

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() =>
            scope.ExecAsync(WorkerCommand.Of(broken))
        );

        Assert.Equal(SandboxCodes.CommandNotStarted, fault.Code);
        Assert.Equal(0, (await scope.ExecAsync(WorkerCommand.Of("true"))).ExitCode);
    }

    [IsolationFact]
    public async Task A_directory_that_is_not_there_is_a_fault_with_a_code()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() =>
            scope.ExecAsync(WorkerCommand.Of("true") with { Directory = "/no/such/place" })
        );

        Assert.Equal(SandboxCodes.CommandNotStarted, fault.Code);
    }

    [IsolationFact]
    public async Task Many_commands_at_once_keep_their_own_output()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        ExecResult[] results = await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(n => scope.ExecAsync(WorkerCommand.Of("sh", "-c", "echo $0; echo $0 >&2", $"{n}")))
        );

        Assert.All(results, (r, n) => Assert.Equal($"{n}\n{n}\n", r.Output + r.Error));
    }
}
