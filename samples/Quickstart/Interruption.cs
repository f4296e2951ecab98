using System.Runtime.InteropServices;

namespace Quickstart;

/// <summary>Turns the first interrupt into a cancellation, so that the end is orderly; a second one ends at
/// once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _cancel;
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption(CancellationTokenSource cancel)
    {
        _cancel = cancel;
        _registrations =
        [
            .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s =>
                PosixSignalRegistration.Create(s, Take)
            ),
        ];
    }

    /// <summary>128 and the signal's number, as shells have it: 130 for Ctrl-C.</summary>
    public int ExitCode { get; private set; } = 130;

    public void Dispose() => Array.ForEach(_registrations, r => r.Dispose());

    private void Take(PosixSignalContext context)
    {
        if (!_cancel.IsCancellationRequested)
        {
            context.Cancel = true;
            ExitCode = context.Signal switch
            {
                PosixSignal.SIGTERM => 143,
                PosixSignal.SIGHUP => 129,
                _ => 130,
            };
            _cancel.Cancel();
        }
    }
}
