using System.IO.MemoryMappedFiles;

namespace Isolation.Sdk.Workspaces;

/// <summary>Whether a write through a shared mapping shows: on a tmpfs it changes no time at all, not even that of the inode.</summary>
internal static class MappedWriteDetection
{
    /// <summary>Whether one can go unnoticed in a folder, found by making one.</summary>
    public static bool AreUnseen(string folder)
    {
        string file = Path.Combine(folder, "mapped"),
            clock = Path.Combine(folder, "clock");
        try
        {
            File.WriteAllBytes(file, [0]);
            DateTime made = File.GetLastWriteTimeUtc(file);
            SpinWait wait = default;
            do
            {
                File.WriteAllBytes(clock, [0]); // Until the clock of the file system has gone on.
                wait.SpinOnce();
            } while (File.GetLastWriteTimeUtc(clock) <= made);

            using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 1))
            using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
            {
                view.Write(0, (byte)(view.ReadByte(0) + 1));
                view.Flush();
            }

            return File.GetLastWriteTimeUtc(file) <= made;
        }
        finally
        {
            File.Delete(file);
            File.Delete(clock);
        }
    }
}
