using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests;

/// <summary>A comparison of tiny runs on 36 images, each made in this process.</summary>
internal static class TinyComparison
{
    private static readonly Lazy<Task<string>> Whole = new(Make);

    /// <summary>What is compared.</summary>
    public static ComparisonRequest Request(string images, string methods = "adaptive,static:1,prefix-patience:threshold=10,patience=1", string seeds = "0..1")
    {
        RunSettings settings = RunSettings.For("mlp:6,8,6,3") with { Data = images, Epochs = 1, BatchSize = 8, Device = "reference", CheckpointEvery = "2" };
        IReadOnlyList<string> named = MethodList.Methods(methods, new RunCatalogues().Policies.Names);
        return new ComparisonRequest(settings, named, MethodList.Seeds(seeds)) { ControlsOf = named.Contains("adaptive") ? "adaptive" : null };
    }

    /// <summary>Its plan.</summary>
    public static ComparisonPlan Plan(ComparisonRequest request, string folder)
    {
        using var device = new ReferenceDevice();
        var catalogues = new RunCatalogues();
        return request.Plan(folder, ShortRun.Measure(request.Settings, catalogues, device), catalogues);
    }

    /// <summary>Runs <c>freeze</c> in this process.</summary>
    public static Task<RunEnd> InProcess(IReadOnlyList<string> arguments, CancellationToken kill)
    {
        FreezeRun run = FreezeRun.Of([.. arguments]);
        return Task.FromResult(new RunEnd(run.Code, run.Error.Trim()));
    }

    /// <summary>A comparison whose runs are all made: a copy of one that the tests of this process make once.</summary>
    public static async Task<ComparisonPlan> Made(string folder)
    {
        string whole = await Whole.Value;
        foreach (string file in Directory.GetFiles(whole, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(whole, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return ComparisonPlan.Read(folder);
    }

    private static async Task<string> Make()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        using var images = new TemporaryFolder();
        string whole = Path.Combine(folder.Root, "whole");
        ComparisonPlan plan = Plan(Request(FreezeRun.Images(images)), whole);
        ComparisonFolder.Take(whole, plan, goesOn: false, overwrites: false);
        Assert.Equal(0, await new ComparisonRunner(plan, whole, InProcess, _ => { }).Run(overwrites: false, CancellationToken.None));
        return whole;
    }
}
