using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Tests.Sandboxing;

public sealed class StartTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData("SessionAndMarker")]
    [InlineData("ProcessTree")]
    public async Task A_command_runs_in_the_workspace_and_says_what_it_said(string? mechanism)
    {
        await using Sandbox sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = mechanism is null ? null : Enum.Parse<StopMechanism>(mechanism));

        ExecResult result = await scope.ExecAsync(WorkerCommand.Of(sandbox.Script("pwd; echo $1 >&2; exit 7"), "a b"));

        Assert.Equal(7, result.ExitCode);
        Assert.EndsWith("/item.1/work\n", result.Output);
        Assert.Equal("a b\n", result.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_command_that_a_signal_ended_says_so_as_a_shell_would()
    {
        await using Sandbox sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        ExecResult result = await scope.ExecAsync(WorkerCommand.Of(sandbox.Script("kill -9 $$")));

        Assert.Equal(137, result.ExitCode);
    }
}
