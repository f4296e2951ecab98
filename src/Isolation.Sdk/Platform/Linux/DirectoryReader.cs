using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

// What an open folder has, without itself and the one above it.
internal unsafe ref struct DirectoryReader(int folder, byte* buffer, int size)
{
    public const int BufferBytes = 1 << 15;
    private nint _length;
    private nint _at;

    // Ends with a NUL; good until the next one.
    public byte* Name { get; private set; }

    public byte Kind { get; private set; }

    // Why it ended; 0 when it was read to its end.
    public int Error { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            if (_at >= _length)
            {
                _length = LinuxFiles.List(folder, buffer, (nuint)size);
                _at = 0;
                if (_length <= 0)
                {
                    Error = _length == 0 ? 0 : Marshal.GetLastPInvokeError();
                    return false;
                }
            }

            // struct linux_dirent64: length of the record at 16, kind at 18, name at 19.
            byte* entry = buffer + _at;
            _at += *(ushort*)(entry + 16);
            Kind = entry[18];
            Name = entry + 19;
            if (!(Name[0] == '.' && (Name[1] == 0 || (Name[1] == '.' && Name[2] == 0))))
            {
                return true;
            }
        }
    }
}
