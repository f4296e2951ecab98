namespace Isolation.Sdk.Runners;

// It holds the file open, so a link or a pipe put in its place is never opened.
internal sealed class LineTail : IDisposable
{
    // Of a longer line only its being too long is told.
    public const int MaxLine = 64 * 1024;

    // A flood does not keep its reader for ever.
    public const int MaxBytesPerRead = 4 * 1024 * 1024;

    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly MemoryStream _line = new();
    private bool _tooLong;

    public LineTail(string path)
    {
        Path = path;
        File.Delete(path); // Also a link.
        _file = new FileStream(
            path,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0
        );
    }

    public string Path { get; }

    public async Task<bool> ReadAsync(Func<byte[]?, Task> line, bool last, CancellationToken cancellationToken)
    {
        if (_file.Length < _file.Position)
        {
            // Somebody wrote with '>' instead of '>>': start again with what is there now.
            _file.Position = 0;
            (_tooLong, _line.Position) = (false, 0);
            _line.SetLength(0);
        }

        int total = 0,
            read;
        while (
            total < MaxBytesPerRead
            && (read = await _file.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false)) > 0
        )
        {
            total += read;
            for (int start = 0; start < read; )
            {
                int end = Array.IndexOf(_buffer, (byte)'\n', start, read - start);
                Append(_buffer.AsSpan(start, (end < 0 ? read : end) - start));
                start = end < 0 ? read : end + 1;
                if (end >= 0)
                {
                    await FlushAsync(line).ConfigureAwait(false);
                }
            }
        }

        bool more = total >= MaxBytesPerRead;
        if (last && !more && (_line.Length > 0 || _tooLong))
        {
            await FlushAsync(line).ConfigureAwait(false);
        }

        return more;
    }

    public void Dispose() => _file.Dispose();

    private void Append(ReadOnlySpan<byte> part)
    {
        _tooLong |= _line.Length + part.Length > MaxLine;
        if (!_tooLong)
        {
            _line.Write(part);
        }
    }

    private async Task FlushAsync(Func<byte[]?, Task> line)
    {
        byte[]? whole = _tooLong ? null : _line.ToArray();
        _tooLong = false;
        _line.SetLength(0);
        await line(whole).ConfigureAwait(false);
    }
}
