using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Sdk.Platform;

// Each folder is opened in the one above it, and never through a link: neither a link put in the way nor the length of
// a path leads astray.
internal sealed unsafe class DirectoryCursor : IDisposable
{
    private const int NotThere = 2,
        NoFolder = 20,
        TooManyLinks = 40;
    private readonly IFileManifest _index;
    private readonly IReadOnlyList<TreeDirectory> _folders;
    private readonly bool _makes;
    private readonly List<(int Folder, int Descriptor)> _open = [];
    private readonly byte[] _name = new byte[4096];

    public DirectoryCursor(IFileManifest index, TreeDirectories folders, string top, bool makes)
    {
        (_index, _folders, _makes) = (index, folders.All, makes);
        fixed (byte* name = Encoding.UTF8.GetBytes(top + "\0"))
        {
            int descriptor = LinuxFiles.Open(LinuxFiles.AtCurrent, name, LinuxFiles.ReadOnly | LinuxFiles.Directory);
            _open.Add((0, descriptor >= 0 ? descriptor : throw LinuxFiles.Failed(-descriptor, top)));
        }
    }

    // Good until the next call; -1 when it is not there, or no folder.
    public int GoTo(int folder)
    {
        TreeDirectory wanted = _folders[folder];
        while (_open.Count > wanted.Depth + 1 || _open[^1].Folder != AncestorAt(folder, _open.Count - 1))
        {
            Close();
        }

        while (_open.Count <= wanted.Depth)
        {
            int next = AncestorAt(folder, _open.Count);
            int descriptor = Enter(_open[^1].Descriptor, _folders[next]);
            if (descriptor < 0)
            {
                return -1;
            }

            _open.Add((next, descriptor));
        }

        return _open[^1].Descriptor;
    }

    public static void Name(IFileManifest index, TreeDirectory folder, int entry, Span<byte> to)
    {
        ReadOnlySpan<byte> path = index.Path(entry);
        ReadOnlySpan<byte> name = folder.Depth == 0 ? path : path[(folder.End + 1)..];
        if (name.Length >= to.Length)
        {
            throw new PathTooLongException(Encoding.UTF8.GetString(name));
        }

        name.CopyTo(to);
        to[name.Length] = 0;
    }

    public void Dispose()
    {
        while (_open.Count > 0)
        {
            Close();
        }
    }

    private int Enter(int above, TreeDirectory folder)
    {
        ReadOnlySpan<byte> part = _index.Path(folder.Entry)[folder.Start..folder.End];
        if (part.Length >= _name.Length)
        {
            throw new PathTooLongException(Encoding.UTF8.GetString(part));
        }

        part.CopyTo(_name);
        _name[part.Length] = 0;
        fixed (byte* name = _name)
        {
            int error =
                _makes && LinuxFiles.MakeFolder(above, name, 0b111_111_111) != 0 ? Marshal.GetLastPInvokeError() : 0;
            int descriptor = error is 0 or 17
                ? LinuxFiles.Open(above, name, LinuxFiles.ReadOnly | LinuxFiles.Directory | LinuxFiles.NoFollow)
                : -error;
            return descriptor >= 0 ? descriptor
                : !_makes && -descriptor is NotThere or NoFolder or TooManyLinks ? -1
                : throw LinuxFiles.Failed(
                    -descriptor,
                    Encoding.UTF8.GetString(_index.Path(folder.Entry)[..folder.End])
                );
        }
    }

    private int AncestorAt(int folder, int depth)
    {
        while (_folders[folder].Depth > depth)
        {
            folder = _folders[folder].Parent;
        }

        return folder;
    }

    private void Close()
    {
        _ = LinuxFiles.Close(_open[^1].Descriptor);
        _open.RemoveAt(_open.Count - 1);
    }
}
