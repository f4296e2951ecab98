using System.Globalization;
using Isolation.Sdk.Merging;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Tests.Host;

/// <summary>What this process did, a line each, in a file named by its id; and the end of it, as the system would end
/// it.</summary>
internal sealed class StepLog(QueueRequest wanted) : ILogger
{
    private readonly Lock _gate = new();
    private readonly string _file = Path.Combine(
        wanted.Steps,
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
    );
    private int _times;

    public void OnStep(string step)
    {
        Write(step);
        if (step == wanted.KillAt && Interlocked.Increment(ref _times) == wanted.KillOn && IsOwn())
        {
            KillSelf();
        }
    }

    /// <summary>From now on the time runs after which the process ends itself.</summary>
    public void StartClock()
    {
        if (wanted.KillAfter is { } milliseconds)
        {
            KillSelfAfter(milliseconds);
        }
    }

    /// <summary>Ends this process a while from now, wherever it is.</summary>
    public static void KillSelfAfter(int milliseconds) =>
        new Thread(() =>
        {
            Thread.Sleep(milliseconds);
            KillSelf();
        })
        {
            IsBackground = true,
        }.Start();

    public void Write(string line)
    {
        lock (_gate)
        {
            using FileStream file = new(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (IsEnabled(logLevel))
        {
            Write($"! {formatter(state, exception)} {exception}".ReplaceLineEndings(" "));
        }
    }

    private bool IsOwn()
    {
        try
        {
            using FileStream? token = wanted.KillToken is { } path ? new(path, FileMode.CreateNew) : null;
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static void KillSelf()
    {
        using System.Diagnostics.Process me = System.Diagnostics.Process.GetCurrentProcess();
        me.Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
