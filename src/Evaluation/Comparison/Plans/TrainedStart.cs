using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>What a method has to be held against where training begins with trained weights: what is usually done there in place of full training.</summary>
public static class TrainedStart
{
    // A head is a small convex problem: five times the steps are next to nothing where its features are read from a cache.
    private const int HeadLengths = 5;
    private const int Rank = 8;

    // What has few weights is trained with ten times the rate of all of them under an optimizer that divides by the gradient's size: Hu et al. (2022) and the head alone in docs/transformers.md.
    private const int FewWeightsRate = 10;
    private const string HeadOnly = "head-only";
    private const string LpFt = "lp-ft";

    /// <summary>Whether a method is such a control by itself, also where somebody compares it as a method.</summary>
    internal static bool IsControl(string method) => method is HeadOnly or LpFt;

    /// <summary>The controls: the head alone, the head trained until it has converged, LP-FT, and LoRA where the model has it. Empty where weights are drawn.</summary>
    /// <param name="full">Full training.</param>
    /// <param name="totalSteps">Its steps.</param>
    /// <param name="catalogues">What its names mean.</param>
    public static IReadOnlyList<OtherControl> Controls(RunSettings full, int totalSteps, RunCatalogues catalogues)
    {
        ArgumentNullException.ThrowIfNull(full);
        ArgumentNullException.ThrowIfNull(catalogues);
        bool isPretrained = catalogues.Models.Create(full.Model).Origin is not null;
        if (full.From is null && !isPretrained) return [];
        // In decimals, as the rate was written: ten times 0.0001 is 0.001.
        float rate = Spec.Parse(full.Optimizer).Name is "sgd" ? full.LearningRate : (float)((decimal)full.LearningRate * FewWeightsRate);
        string cache = full.Cache == CacheSpec.Off ? "auto" : full.Cache;
        var controls = new List<OtherControl>();
        foreach (string policy in (string[])[HeadOnly, LpFt])
        {
            if (catalogues.Policies.Names.Contains(policy)) controls.Add(new OtherControl(policy, full with { Policy = policy }));
        }
        if (catalogues.Policies.Names.Contains(HeadOnly)) controls.Add(new OtherControl("head, converged", full with { Policy = HeadOnly, Steps = checked(HeadLengths * totalSteps), LearningRate = rate, Cache = cache }));
        // Other folders' models would have it too, but it is ours that adds it.
        if (isPretrained && full.From is null && Spec.Parse(full.Model).Integer("lora", 0) == 0) controls.Add(new OtherControl("LoRA", full with { Model = FormattableString.Invariant($"{full.Model},lora={Rank}"), Policy = ControlLengths.Never, LearningRate = rate }));
        return controls;
    }
}
