namespace Isolation.Sdk.IO;

// It ends with the process, however that ends.
internal sealed class OsFileLock : IDisposable
{
    private const string Switch = "System.IO.DisableFileLocking";
    private const string Variable = "DOTNET_SYSTEM_IO_DISABLEFILELOCKING";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(25);
    private readonly FileStream _stream;

    private OsFileLock(FileStream stream) => _stream = stream;

    public static OsFileLock? TryAcquire(string path)
    {
        if (
            AreLocksDisabled(
                AppContext.TryGetSwitch(Switch, out bool off) ? off : null,
                Environment.GetEnvironmentVariable(Variable)
            )
        )
        {
            throw new IsolationException(
                LockCodes.Disabled,
                $"File locks are switched off in this process ({Variable}), so nothing would keep two processes apart.",
                "Unset the variable for the host process."
            );
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream? stream = TryOpen(path);
        if (stream is not null && !File.Exists(path))
        {
            // Its last holder deleted it in between: this is a lock on a file that nobody finds any more.
            stream.Dispose();
            stream = TryOpen(path);
        }

        return stream is null ? null : new OsFileLock(stream);
    }

    public static OsFileLock? TryAcquireShared(string path)
    {
        try
        {
            return new OsFileLock(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1));
        }
        catch (IOException e)
            when (e is DirectoryNotFoundException or FileNotFoundException || IsHeldElsewhere(e.HResult))
        {
            return null;
        }
    }

    // The switch wins over the variable.
    internal static bool AreLocksDisabled(bool? setting, string? variable) =>
        setting ?? (variable == "1" || string.Equals(variable, "true", StringComparison.OrdinalIgnoreCase));

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (IsHeldElsewhere(e.HResult))
        {
            return null;
        }
    }

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION.
    private static bool IsHeldElsewhere(int result) => result is 11 or 35 or unchecked((int)0x80070020);

    // There is no queue in front of it: waiters look again at growing intervals.
    public static async Task<OsFileLock> AcquireAsync(
        string path,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // With a shared lock: who looks at the same time is never taken for a holder.
    public static bool IsHeld(string path)
    {
        try
        {
            using FileStream look = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return false;
        }
        catch (IOException e)
        {
            return e is not (DirectoryNotFoundException or PathTooLongException or FileNotFoundException);
        }
    }

    public void Dispose() => _stream.Dispose();
}
