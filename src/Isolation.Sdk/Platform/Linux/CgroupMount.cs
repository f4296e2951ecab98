using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal sealed record CgroupMount(CgroupController Controller, string Folder)
{
    public string PathOf(string scope) => Path.Combine(Folder, scope);

    // null if the kernel refused a part of it.
    public LimitCgroup? TryMake(string scope, string command, long value) =>
        DiskErrors.Try(() =>
        {
            Cgroup group = new(Path.Combine(PathOf(scope), command));
            Directory.CreateDirectory(group.Folder);
            bool handedOn =
                Controller.Version == 1
                || new[] { Folder, PathOf(scope) }.All(f =>
                    Cgroup.TryWrite(Path.Combine(f, "cgroup.subtree_control"), "+" + Controller.Name)
                );
            if (
                handedOn
                && Controller
                    .Settings(value)
                    .All(s => Cgroup.TryWrite(Path.Combine(group.Folder, s.File), s.Text) || !s.Needed)
            )
            {
                return new LimitCgroup(Controller, group);
            }

            group.TryRemove();
            return null;
        });
}
