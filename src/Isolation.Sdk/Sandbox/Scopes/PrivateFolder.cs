namespace Isolation.Sdk.Sandbox;

/// <summary>A folder of this user's in a place where everybody may write.</summary>
internal static class PrivateFolder
{
    public static string Ensure(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // The user's temp folder is the user's own there.
            return Directory.CreateDirectory(folder).FullName;
        }

        try
        {
            Directory.CreateDirectory(folder, ScopeFolders.OwnerOnly);
            if (new DirectoryInfo(folder).LinkTarget is null)
            {
                // Only its owner may do this: a folder that somebody else put here first is refused.
                File.SetUnixFileMode(folder, ScopeFolders.OwnerOnly);
                return folder;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotOurs(folder, e);
        }

        throw NotOurs(folder, null);
    }

    private static IsolationException NotOurs(string folder, Exception? why) =>
        new(
            SandboxCodes.OwnFolder,
            $"'{folder}' is not this user's own folder.",
            "Remove it, or have its owner remove it.",
            why
        );
}
