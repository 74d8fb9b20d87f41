using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>Runs of a comparison whose numbers are known, without any training.</summary>
internal static class HandWrittenComparison
{
    /// <summary>Writes a run's folder as far as a comparison reads it.</summary>
    /// <param name="folder">The comparison's folder.</param>
    /// <param name="run">The run.</param>
    /// <param name="operations">Operations of training.</param>
    /// <param name="loss">On test data.</param>
    /// <param name="accuracy">On test data.</param>
    /// <param name="validationLoss">On validation data.</param>
    /// <param name="failure">What stopped it.</param>
    /// <param name="expectedLoss">What its freezes were expected to cost.</param>
    public static void Write(string folder, PlannedRun run, long operations, double loss, double accuracy, double validationLoss, string? failure = null, double? expectedLoss = null)
    {
        string at = ComparisonPlan.FolderOf(folder, run);
        Directory.CreateDirectory(at);
        RunWork work = new(operations, 0, 0, 0, 0, 0, 0, operations), full = new(1000, 0, 0, 0, 0, 0, 0, 1000);
        var nothing = new RunOutside(0, 0, 0);
        var summary = new RunSummary
        {
            Model = "hand",
            Data = "written",
            Policy = run.Method,
            Seed = run.Seed,
            Device = "cpu",
            Threads = 1,
            Epochs = 1,
            Steps = 10,
            Cancelled = false,
            Failure = failure,
            TestAccuracy = accuracy,
            Test = new Dictionary<string, double?> { ["loss"] = failure is null ? loss : null, ["accuracy"] = accuracy },
            Tables = [],
            BestValidationAccuracy = accuracy,
            TestAccuracyAtBestValidation = accuracy,
            FinalTrainLoss = loss,
            Seconds = new RunSeconds(operations / 100.0, 0, 0, 0, 0, 0, 1),
            Flops = work,
            FullTrainingFlops = full,
            Bytes = work,
            FullTrainingBytes = full,
            OutsideTrainingFlops = nothing,
            OutsideTrainingBytes = nothing,
            Saved = new RunSaved(null, 1 - (operations / 1000.0)),
            PeakBytes = new RunPeakBytes(1, 1, 1, 1, 1),
            Decisions = 0,
            ExpectedLoss = expectedLoss,
        };
        JsonRecord.Write(Path.Combine(at, "config.json"), run.Asked!, RunJson.Default.RunSettings);
        JsonRecord.Write(Path.Combine(at, "summary.json"), summary, RunJson.Default.RunSummary);
        File.WriteAllText(Path.Combine(at, "metrics.csv"), FormattableString.Invariant($"step,epoch,learningRate,trainLoss,validationLoss,validationAccuracy,frozenUnits,seconds\n10,1,0.1,1,{validationLoss},0.5,0,1\n"));
    }
}
