using System.Diagnostics;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Testing;

/// <summary>A plain process, as any program would start it.</summary>
internal sealed class PlainProcess(Process process) : IWorkerProcess
{
    public int Id { get; } = process.Id;

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    public Stream Error => process.StandardError.BaseStream;

    public Task<ProcessExit> Exit { get; } = WaitAsync(process);

    public async ValueTask<ProcessExit> StopAsync(TimeSpan grace)
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

    private static async Task<ProcessExit> WaitAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return new ProcessExit(process.ExitCode, "process tree");
    }
}
