using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Contexts;

/// <summary>A process that a worker started; for anyone else it is closed. The state scope ends it with the worker in any case.</summary>
internal sealed class SealedProcess(IWorkerProcess inner, WorkerSeal seal) : IWorkerProcess
{
    private readonly SealedStream _input = new(inner.Input, seal);
    private readonly SealedStream _output = new(inner.Output, seal);
    private readonly SealedStream _error = new(inner.Error, seal);

    public int Id => Mine.inner.Id;

    public Stream Input => Mine._input;

    public Stream Output => Mine._output;

    public Stream Error => Mine._error;

    public Task<ExecResult> Exit => Mine.inner.Exit;

    private (IWorkerProcess inner, Stream _input, Stream _output, Stream _error) Mine
    {
        get
        {
            seal.Demand();
            return (inner, _input, _output, _error);
        }
    }

    public ValueTask<ExecResult> StopAsync(TimeSpan grace) => Mine.inner.StopAsync(grace);

    public ValueTask DisposeAsync() => Mine.inner.DisposeAsync();
}
