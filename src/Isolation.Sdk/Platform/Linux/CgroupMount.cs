namespace Isolation.Sdk.Platform;

/// <summary>Where groups can be made for one controller.</summary>
/// <param name="Controller">The controller.</param>
/// <param name="Folder">The group they are made in.</param>
internal sealed record CgroupMount(CgroupController Controller, string Folder)
{
    /// <summary>The group of a scope; those of its commands are in it.</summary>
    public string PathOf(string scope) => Path.Combine(Folder, scope);

    /// <summary>Makes the group of one command; <see langword="null"/> if the kernel refused a part of it.</summary>
    /// <param name="scope">The name of the scope's group.</param>
    /// <param name="command">The name of the command's.</param>
    /// <param name="value">The limit.</param>
    public LimitCgroup? TryMake(string scope, string command, long value)
    {
        Cgroup group = new(Path.Combine(PathOf(scope), command));
        try
        {
            Directory.CreateDirectory(group.Path);
            bool handedOn =
                Controller.Version == 1
                || new[] { Folder, PathOf(scope) }.All(f =>
                    Cgroup.TryWrite(Path.Combine(f, "cgroup.subtree_control"), "+" + Controller.Name)
                );
            if (
                handedOn
                && Controller
                    .Settings(value)
                    .All(s => Cgroup.TryWrite(Path.Combine(group.Path, s.File), s.Text) || !s.Needed)
            )
            {
                return new LimitCgroup(Controller, group);
            }

            group.TryRemove();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
