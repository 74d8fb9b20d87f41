using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The tests marked <see cref="EverySimdLevelAttribute"/> on lesser processors: in child processes with the runtime's switches, so that vectors, fused arithmetic and products are those of such a
/// machine.
/// </summary>
public sealed partial class CpuDeviceProcessTests(ITestOutputHelper report)
{
    private const int LeastTests = 200;
    private const int MostSkipped = 1;      // the one that needs a level to be missing, where none is

    /// <summary>Set in a child process, which so does not start children itself.</summary>
    public const string ExpectedLevel = "RESEARCHFREEZE_EXPECTED_SIMD";

    public static bool IsChild { get; } = Environment.GetEnvironmentVariable(ExpectedLevel) is not null;

    [Theory]
    [InlineData("Avx2", "DOTNET_EnableAVX512")]
    [InlineData("Vector128", "DOTNET_EnableAVX2")]
    [InlineData("Vector128", "DOTNET_EnableHWIntrinsic")]
    public async Task WhatDependsOnTheLevelIsRightWithout(string expected, string variable)
    {
        Assert.SkipWhen(IsChild, "Already in a child process.");
        // The same level as without AVX2, on a processor that nobody has: twelve seconds of two processors.
        Assert.SkipWhen(variable == "DOTNET_EnableHWIntrinsic" && !TestDevices.IsLong, "without any vector instruction in the long form: scripts/nightly.sh");
        string program = Path.Combine(AppContext.BaseDirectory, "ResearchFreeze.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        Assert.SkipUnless(File.Exists(program), $"No executable {program}.");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-trait");
        start.ArgumentList.Add(EverySimdLevelAttribute.Trait);
        start.Environment[variable] = "0";
        start.Environment[TestDevices.CasesVariable] = "2";      // many cases are drawn at the best level
        start.Environment["DOTNET_TieredCompilation"] = "0";     // each method is compiled once, and as a long run has it: a tenth faster
        start.Environment[ExpectedLevel] = expected;
        using Process child = Process.Start(start)!;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromMinutes(5));
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
        Match summary = Summary().Match(text);
        Assert.True(summary.Success, text);
        (int total, int skipped, string seconds) = (int.Parse(summary.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(summary.Groups[2].Value, CultureInfo.InvariantCulture), summary.Groups[3].Value);
        report.WriteLine($"{variable}=0: {total} tests, {skipped} skipped, {seconds} s");
        Assert.True(total - skipped >= LeastTests && skipped <= MostSkipped, text);
    }

    [GeneratedRegex(@"Total: (\d+), Errors: 0, Failed: 0, Skipped: (\d+), Not Run: 0, Time: ([\d.]+)s")]
    private static partial Regex Summary();
}
