using System.Diagnostics;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Testing;

/// <summary>A plain process, as any program would start it.</summary>
internal sealed class PlainProcess(Process process) : IWorkerProcess
{
    public int Id { get; } = process.Id;

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    public Stream Error => process.StandardError.BaseStream;

    public Task<ExecResult> Exit { get; } = WaitAsync(process);

    public async ValueTask<ExecResult> StopAsync(TimeSpan grace)
    {
        if (!Exit.IsCompleted)
        {
            process.Kill(entireProcessTree: true);
        }

        return await Exit.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        process.Dispose();
    }

    /// <summary>Waits for its end, and takes down what it says.</summary>
    public static async Task<ExecResult> RunAsync(PlainProcess process)
    {
        await using (process.ConfigureAwait(false))
        {
            using StreamReader output = new(process.Output),
                error = new(process.Error);
            Task<string> said = output.ReadToEndAsync(),
                complained = error.ReadToEndAsync();
            return await process.Exit.ConfigureAwait(false) with
            {
                Output = await said.ConfigureAwait(false),
                Error = await complained.ConfigureAwait(false),
            };
        }
    }

    private static async Task<ExecResult> WaitAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return new ExecResult(process.ExitCode) { Mechanism = "process tree" };
    }
}
