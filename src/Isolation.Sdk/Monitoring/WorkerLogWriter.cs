using System.Text.Json;

namespace Isolation.Sdk.Monitoring;

/// <summary>Appends events to one worker's log, a line at a time. Not thread-safe; a full disk costs lines, never the worker.</summary>
internal sealed class WorkerLogWriter : IDisposable
{
    /// <summary>The most bytes of a log: 16 Mi. What comes after is dropped, but for the end.</summary>
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
                "Make the folder of workers writable, or choose another one.",
                e
            );
        }
    }

    public void Write(WorkerEvent happened)
    {
        bool full = _file.Length >= _maxBytes;
        if (
            full
            && happened.Kind
                is not (WorkerEventKind.Ended or WorkerEventKind.Contamination or WorkerEventKind.Suspended)
        )
        {
            return;
        }

        try
        {
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(
                WorkerLogLine.Of(happened),
                WorkerLogJson.Default.WorkerLogLine
            );
            _file.Write([.. line, (byte)'\n']);
        }
        catch (IOException)
        {
            // The disk is full, or the folder went away. The events still reach status and watchers.
        }
    }

    public void Dispose() => _file.Dispose();

    private void TerminateLastLine()
    {
        // A process that died while it wrote left half a line; the next one must not be glued to it.
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
