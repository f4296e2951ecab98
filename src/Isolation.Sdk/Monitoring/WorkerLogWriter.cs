namespace Isolation.Sdk.Monitoring;

// Not thread-safe; a full disk costs lines, never the worker.
internal sealed class WorkerLogWriter : IDisposable
{
    // What comes after this many bytes is dropped, except how the attempt ended.
    public const long MaxBytes = 16 * 1024 * 1024;

    private readonly FileStream _file;
    private readonly long _maxBytes;

    public WorkerLogWriter(string path, long maxBytes = MaxBytes)
    {
        _maxBytes = maxBytes;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new IOException("it is a link");
            }

            _file = new FileStream(
                path,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0
            );
            TerminateLastLine();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file?.Dispose();
            throw new IsolationException(
                MonitoringCodes.LogUnwritable,
                $"The worker's log '{path}' cannot be written: {e.Message}",
                "Make the workers' directory writable, or choose another one.",
                e
            );
        }
    }

    public void Write(WorkerEvent happened)
    {
        try
        {
            if (
                _file.Length < _maxBytes
                || happened.Kind is WorkerEventKind.Ended or WorkerEventKind.Contamination or WorkerEventKind.Suspended
            )
            {
                _file.Write(WorkerLog.Format(happened));
            }
        }
        catch (IOException)
        {
            // The disk is full, or the directory is gone. The events still reach status and watchers.
        }
    }

    public void Dispose() => _file.Dispose();

    // A process that died while it wrote left half a line; the next one must not be glued to it.
    private void TerminateLastLine()
    {
        if (_file.Length > 0)
        {
            _file.Seek(-1, SeekOrigin.End);
            if (_file.ReadByte() != '\n')
            {
                _file.WriteByte((byte)'\n');
            }
        }

        _file.Seek(0, SeekOrigin.End);
    }
}
