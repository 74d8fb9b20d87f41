using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests;

/// <summary>A comparison of tiny runs on 36 images, each made in this process.</summary>
internal static class TinyComparison
{
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

    /// <summary>A comparison whose runs are all made.</summary>
    public static async Task<ComparisonPlan> Made(string folder, string images)
    {
        ComparisonPlan plan = Plan(Request(images), folder);
        ComparisonFolder.Take(folder, plan, goesOn: false, overwrites: false);
        Assert.Equal(0, await new ComparisonRunner(plan, folder, InProcess, _ => { }).Run(overwrites: false, TestContext.Current.CancellationToken));
        return plan;
    }
}
