using System.Text;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Git takes a file of the same size and times for unchanged, and times are anybody's to set; when an inode changed is
// not, but git compares that by the second alone.
internal static class TimestampForgery
{
    // Older than the work tree, by its own account, and not one that it was filled with.
    public static bool IsFound(WorkspaceInfo info, IReadOnlyList<string> except, DateTime? filled)
    {
        bool asks = filled is not null && OperatingSystem.IsLinux();
        long since = (asks ? filled!.Value : Directory.GetCreationTimeUtc(info.Path)).Ticks;
        byte[][] known = [.. except.Append(".git").Select(p => Encoding.UTF8.GetBytes(Path.Combine(info.Path, p)))];
        return PlatformFiles.Current.Walk(info.Path, (in entry) =>
            {
                foreach (byte[] path in known)
                {
                    if (entry.IsAt(path))
                    {
                        return WalkStep.Skip;
                    }
                }

                return !entry.IsDirectory && entry.Written < since && !(asks && entry.Changed < since)
                    ? WalkStep.Stop
                    : WalkStep.Continue;
            }) != WalkEnd.Complete;
    }
}
