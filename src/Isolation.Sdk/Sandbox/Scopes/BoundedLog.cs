using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Sandbox;

// Its newest bytes: two segments of half the limit each, the older one beside it as .1; at the end they are one file
// again.
internal sealed class BoundedLog : IDisposable
{
    private readonly string _path;
    private readonly long _segment;
    private readonly Lock _gate = new();
    private readonly SecretMaskingWriter _filter;
    private FileStream? _stream;
    private bool _rotated;

    public BoundedLog(string path, long limit, SecretMask mask)
    {
        _path = path;
        _segment = Math.Max(1, limit / 2);
        _filter = new SecretMaskingWriter(mask, Write);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _stream = Open();
    }

    private string Older => _path + ".1";

    // A full disk costs the log, never the worker.
    public void Add(ReadOnlySpan<byte> chunk)
    {
        lock (_gate)
        {
            try
            {
                _filter.Add(chunk);
                _stream?.Flush();
            }
            catch (IOException)
            {
                _stream?.Dispose();
                _stream = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            try
            {
                _filter.End();
                _stream?.Dispose();
                Join();
            }
            catch (IOException) { }

            _stream = null;
        }
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && _stream is not null)
        {
            if (_stream.Length >= _segment)
            {
                Rotate();
            }

            int room = (int)Math.Min(data.Length, Math.Max(1, _segment - _stream.Length));
            _stream.Write(data[..room]);
            data = data[room..];
        }
    }

    private void Rotate()
    {
        _stream!.Dispose();
        _stream = null;
        File.Move(_path, Older, overwrite: true);
        _rotated = true;
        _stream = Open();
    }

    private void Join()
    {
        if (!_rotated)
        {
            return;
        }

        using (FileStream older = new(Older, FileMode.Append, FileAccess.Write, FileShare.Read))
        using (FileStream newer = new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            newer.CopyTo(older);
        }

        File.Move(Older, _path, overwrite: true);
    }

    private FileStream Open() =>
        new(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
