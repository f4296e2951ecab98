using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>What cannot work is refused with one clear error, and afterwards everything is as it was.</summary>
public sealed class RefusedTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    public static TheoryData<string> Rows => [.. RefusedInput.Rows.Keys];

    [IsolationTheory(Tools.Linux, DefaultRows = 20)]
    [MemberData(nameof(Rows))]
    public async Task Refused_and_nothing_is_left_of_it(string row)
    {
        RefusedInput input = RefusedInput.Rows[row];
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await input.Prepare(repository);
        HostRequest request = input.Ask(new HostRequest(repository.Path));
        string[] before = await HostSnapshot.TakeAsync(repository.Path, fixture.Temp, fixture.Host.Id);

        HostAnswer answer = await fixture.Host.AskAsync(request);

        Assert.True(answer.Faults.Count == 1, $"{string.Join("\n", answer.Faults)}\n{string.Join("\n", answer.Items)}");
        IsolationFault fault = answer.Faults[0];
        Assert.Equal(input.Code, fault.Code);
        Assert.NotEmpty(fault.Remedy);
        Assert.True(fault.Message.Length < 1_000 && !fault.Message.Any(char.IsControl), fault.Message);
        HostSnapshot.AssertEqual(before, await HostSnapshot.TakeAsync(repository.Path, fixture.Temp, fixture.Host.Id));
    }
}
