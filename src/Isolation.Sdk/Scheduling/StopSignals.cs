using System.Runtime.InteropServices;

namespace Isolation.Sdk.Scheduling;

// Agents outlive a program that ends at once, and go on costing money. What the parent ignores stays ignored (nohup).
internal sealed class StopSignals : IDisposable
{
    private readonly Action _stop;
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    private StopSignals(Action stop)
    {
        _stop = stop;
        _registrations =
        [
            .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s =>
                PosixSignalRegistration.Create(s, Hear)
            ),
        ];
    }

    // The first signal stops; the next one does what it does without us.
    public static StopSignals? Listen(Action stop)
    {
        try
        {
            return new StopSignals(stop);
        }
        catch (PlatformNotSupportedException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Array.ForEach(_registrations, r => r.Dispose());
        if (_exitCode != 0 && Environment.ExitCode == 0)
        {
            Environment.ExitCode = _exitCode; // What a shell says of a program that a signal ended.
        }
    }

    private void Hear(PosixSignalContext signal)
    {
        int code =
            128
            + signal.Signal switch
            {
                PosixSignal.SIGHUP => 1,
                PosixSignal.SIGTERM => 15,
                _ => 2,
            };
        if (Interlocked.CompareExchange(ref _exitCode, code, 0) == 0)
        {
            signal.Cancel = true;
            _stop();
        }
    }
}
