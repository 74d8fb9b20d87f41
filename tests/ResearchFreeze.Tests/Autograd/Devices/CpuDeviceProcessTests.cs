using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The same tests on lesser processors: in child processes with the runtime's switches, so that vectors, fused arithmetic and products are those of such a
/// machine.
/// </summary>
public sealed partial class CpuDeviceProcessTests
{
    /// <summary>Set in a child process, which so does not start children itself.</summary>
    public const string ExpectedLevel = "RESEARCHFREEZE_EXPECTED_SIMD";

    public static bool IsChild { get; } = Environment.GetEnvironmentVariable(ExpectedLevel) is not null;

    [Theory]
    [InlineData("Avx2", "DOTNET_EnableAVX512")]
    [InlineData("Vector128", "DOTNET_EnableAVX2")]
    [InlineData("Vector128", "DOTNET_EnableHWIntrinsic")]
    public async Task EveryPrimitiveIsRightWithout(string expected, string variable)
    {
        Assert.SkipWhen(IsChild, "Already in a child process.");
        string program = Path.Combine(AppContext.BaseDirectory, "ResearchFreeze.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        Assert.SkipUnless(File.Exists(program), $"No executable {program}.");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string type in (string[])["CpuDeviceTests", "CpuDeviceMathTests"])
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add($"ResearchFreeze.Tests.Autograd.{type}");
        }
        start.Environment[variable] = "0";
        start.Environment[ExpectedLevel] = expected;
        using Process child = Process.Start(start)!;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromMinutes(3));
        Task<string> output = child.StandardOutput.ReadToEndAsync(cancellation.Token), errors = child.StandardError.ReadToEndAsync(cancellation.Token);
        try
        {
            await child.WaitForExitAsync(cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill(true);
            throw;
        }
        string text = await output + await errors;
        Assert.True(child.ExitCode == 0, $"{variable}=0: exit code {child.ExitCode}\n{text}");
        Match total = Total().Match(text);
        Assert.True(total.Success && int.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture) > 10, text);
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex Total();
}
