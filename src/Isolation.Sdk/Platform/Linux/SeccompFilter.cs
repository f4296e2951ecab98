using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

internal static class SeccompFilter
{
    private const uint Allow = 0x7fff0000,
        Refuse = 0x00050000 + 1,
        Unknown = 0x00050000 + 38;
    private const uint X64 = 0xC000003E,
        Arm64 = 0xC00000B7,
        X32Bit = 0x40000000;
    private const uint NewNamespaces = 0x7E020000,
        NewTime = 0x80;
    private const uint Unix = 1,
        Internet = 2,
        Internet6 = 10,
        Netlink = 16,
        Stream = 1,
        Datagram = 2,
        Tcp = 6;
    private const uint FastOpen = 0x20000000,
        FakeInput = 0x5412,
        FakeConsoleInput = 0x541C,
        FileLocks = 10;

    public static bool IsKnown =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public static SeccompInstruction[] Build(NetworkAccess network) =>
        Build(network, RuntimeInformation.ProcessArchitecture == Architecture.Arm64);

    public static SeccompInstruction[] Build(NetworkAccess network, bool arm)
    {
        SeccompProgram code = new SeccompProgram()
            .LoadAt(4)
            .IfEqual(arm ? Arm64 : X64, "known")
            .Answer(Refuse)
            .Label("known")
            .LoadAt(0);
        if (!arm)
        {
            // The x32 calls are the same kernel code under other numbers.
            code.IfAtLeast(X32Bit, null, "native").Answer(Refuse).Label("native");
        }

        foreach ((string name, CallNumber call) in DeniedSystemCalls.Always)
        {
            code.IfEqual(call.Of(arm), null, name).Answer(Refuse).Label(name);
        }

        // Its flags are in memory, where a filter cannot look; the C library goes on with clone.
        code.IfEqual(DeniedSystemCalls.Clone3.Of(arm), null, "not clone3").Answer(Unknown).Label("not clone3");
        When(DeniedSystemCalls.Clone, c => c.Argument(0).IfAny(NewNamespaces, "refuse", "allow"));
        When(DeniedSystemCalls.Unshare, c => c.Argument(0).IfAny(NewNamespaces | NewTime, "refuse", "allow"));
        When(DeniedSystemCalls.Control, c =>
            c.Argument(1).IfEqual(FakeInput, "refuse").IfEqual(FakeConsoleInput, "refuse", "allow")
        );
        // Only one's own: a process may be less nice to itself, never to a neighbour (P04).
        When(DeniedSystemCalls.SetPriority, c => c.Argument(1).IfEqual(0, "allow", "refuse"));
        When(DeniedSystemCalls.SetInputPriority, c => c.Argument(1).IfEqual(0, "allow", "refuse"));
        // Nor the one that tells whose worker it is (P06). Reading is free.
        When(DeniedSystemCalls.SetLimits, c =>
            c.Argument(2)
                .IfEqual(0, null, "set")
                .ArgumentHigh(2)
                .IfEqual(0, "allow")
                .Label("set")
                .Argument(0)
                .IfEqual(0, null, "refuse")
                .Argument(1)
                .IfEqual(FileLocks, "refuse", "allow")
        );
        When(DeniedSystemCalls.SetOwnLimits, c => c.Argument(0).IfEqual(FileLocks, "refuse", "allow"));
        if (!network.IsOpen)
        {
            // Landlock sees TCP's connect and bind, and none of these other ways onto the network.
            When(DeniedSystemCalls.SendTo, c => c.Argument(3).IfAny(FastOpen, "refuse", "allow"));
            When(DeniedSystemCalls.SendMessage, c => c.Argument(2).IfAny(FastOpen, "refuse", "allow"));
            When(DeniedSystemCalls.SendMessages, c => c.Argument(3).IfAny(FastOpen, "refuse", "allow"));
            When(DeniedSystemCalls.Socket, c => Sockets(c, datagrams: network.Ports.Count > 0));
        }

        return code.Answer(Allow).Build();

        void When(CallNumber call, Action<SeccompProgram> body)
        {
            uint number = call.Of(arm);
            string after = $"after {number}";
            // Each body has its own ends, for a jump reaches 255 instructions at most.
            SeccompProgram inner = code.IfEqual(number, null, after);
            body(inner);
            inner.Label("refuse").Answer(Refuse).Label("allow").Answer(Allow).Label(after);
            code.Close("refuse", "allow");
        }
    }

    private static void Sockets(SeccompProgram code, bool datagrams)
    {
        code.Argument(0)
            .IfEqual(Unix, "allow")
            .IfEqual(Netlink, "allow")
            .IfEqual(Internet, "type")
            .IfEqual(Internet6, "type", "refuse");
        code.Label("type").Argument(1).Mask(0xf);
        if (datagrams)
        {
            code.IfEqual(Datagram, "allow");
        }

        code.IfEqual(Stream, null, "refuse").Argument(2).IfEqual(0, "allow").IfEqual(Tcp, "allow", "refuse");
    }
}
