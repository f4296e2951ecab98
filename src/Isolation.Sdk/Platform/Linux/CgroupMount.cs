using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>Where groups can be made for one controller.</summary>
/// <param name="Controller">The controller.</param>
/// <param name="Folder">The group they are made in.</param>
internal sealed record CgroupMount(CgroupController Controller, string Folder)
{
    /// <summary>The group of a scope; those of its commands are in it.</summary>
    public string Of(string scope) => Path.Combine(Folder, scope);

    /// <summary>Makes the group of one command; <see langword="null"/> when the kernel refused a part of it.</summary>
    /// <param name="scope">The name of the scope's group.</param>
    /// <param name="command">The name of the command's.</param>
    /// <param name="value">The limit.</param>
    public CommandCgroup? TryMake(string scope, string command, long value)
    {
        string path = Path.Combine(Of(scope), command);
        try
        {
            Directory.CreateDirectory(path);
            bool handedOn =
                Controller.Version == 1
                || new[] { Folder, Of(scope) }.All(f =>
                    CgroupDirectory.TryWrite(Path.Combine(f, "cgroup.subtree_control"), "+" + Controller.Name)
                );
            if (
                handedOn
                && Controller
                    .Settings(value)
                    .All(s => CgroupDirectory.TryWrite(Path.Combine(path, s.File), s.Text) || !s.Needed)
            )
            {
                return new CommandCgroup(Controller, path);
            }

            CgroupDirectory.TryRemove(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>A group that holds one command to one limit.</summary>
/// <param name="Controller">By which controller.</param>
/// <param name="Path">Where.</param>
internal sealed record CommandCgroup(CgroupController Controller, string Path)
{
    /// <summary>The limit, if it was hit.</summary>
    public LimitHit? Hit => Controller.WasHit(Path) ? new LimitHit(Controller.Limit, Controller.Mechanism) : null;
}
