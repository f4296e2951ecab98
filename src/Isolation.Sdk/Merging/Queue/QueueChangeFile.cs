using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>
/// Looking at it costs no process. A change that is missed only costs time: everybody reads the refs now and then.
/// </summary>
internal sealed class QueueChangeFile(string path)
{
    private readonly Lock _gate = new();
    private string _heard = "";

    public bool HasChanged()
    {
        lock (_gate)
        {
            string now = Read();
            bool rang = now != _heard;
            _heard = now;
            return rang;
        }
    }

    public void Signal()
    {
        lock (_gate)
        {
            bool missed = Read() != _heard;
            string mine = Guid.NewGuid().ToString("n");
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, mine);
                _heard = missed ? "" : mine;
            }
            catch (IOException)
            {
                // Another one is ringing at this moment: that serves as well.
            }
        }
    }

    private string Read() => TextFile.TryRead(path) ?? _heard;
}
