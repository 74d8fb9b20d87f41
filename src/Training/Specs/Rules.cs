using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The built-in rules and filters, and how a rule with filters is written.</summary>
public static class Rules
{
    /// <summary>The criterion where a rule is given without one.</summary>
    public const string DefaultCriterion = "weight-change";

    /// <summary>The rule where a criterion is given without one.</summary>
    public const string DefaultRule = "prefix-patience";

    /// <summary>A catalogue with all rules, to add more to.</summary>
    public static Catalogue<IFreezeRule> Catalogue()
    {
        var rules = new Catalogue<IFreezeRule>("rule");
        rules.Add("never", "never", "Freezes nothing: full training, the control of every comparison.", _ => new Never());
        rules.Add("static", "static:units", "Freezes the first units from the first step on.", spec => new Static(One(spec, "static:2")));
        rules.Add(
            DefaultRule, "prefix-patience:patience=2,threshold=0.5,hysteresis=2,together=0", "Freezes from the input on, once scores have stayed low.",
            spec => new PrefixPatience(spec.Integer("patience", 2), spec.Real("threshold", 0.5), spec.Real("hysteresis", 2), together: Flag(spec, "together", false)));
        rules.Add(
            "loss-budget", "loss-budget:loss=0.01,patience=4,threshold=1,hysteresis=2,together=0,planned=1", "Freezes from the input on what is finished and expected to cost little loss.",
            LossBudget);
        rules.Add("threshold", "threshold:patience=2,threshold=0.5,hysteresis=2", "Freezes each unit whose score stays below the threshold.", spec => new Threshold(spec.Integer("patience", 2), spec.Real("threshold", 0.5), spec.Real("hysteresis", 2)));
        rules.Add("percentile", "percentile:50,prefix=1", "Freezes the units with the lowest scores, a percentage of all.", spec => new Percentile(One(spec, "percentile:50"), Flag(spec, "prefix", true)));
        rules.Add("geometric-depth", "geometric-depth:alpha=0.5,score=1", "Freezes a part of what still trains at each check (PipeTransformer).", spec => new GeometricDepth(spec.Real("alpha", 0.5), Flag(spec, "score", true)));
        rules.Add("lowest", "lowest:frozen=0.9", "Freezes a fixed part of the units, those that changed least (SlimFit).", spec => new LowestFraction(spec.Real("frozen", 0.9)));
        rules.Add("top-signal", "top-signal:50", "Trains the units of each kind with the most signal in their weights, a percentage (Spectrum).", spec => new TopSignal(One(spec, "top-signal:50")));
        rules.Add("relative-rates", "relative-rates", "Scales each unit's rate by its score over the largest (Auto-RGN).", _ => new RelativeRates());
        rules.Add("switched-rates", "switched-rates:threshold=0.95", "Sets the rate of units with a low score to 0 (evidence-based criterion).", spec => new SwitchedRates(spec.Real("threshold", 0.95)));
        rules.Add("aimd", "aimd:threshold=0.5", "Freezes for longer each time a score stays low (APF).", spec => new AimdTimer(spec.Real("threshold", 0.5)));
        rules.Add("rotation", "rotation:units=2,every=20,order=random|ascending|descending,state=own|keep|drop|offload", "Trains a few units at a time, in turns (LISA, BAdam).", Rotation);
        rules.Add("budget", "budget:rho=0.5|flops=…|seconds=…|memory=…,every=1,cut=0", "Trains what matters most within a part of full training's cost: of a step (rho), of the whole run, of memory.", Budget);
        rules.Add("dropbp", "dropbp:rate=0.5,at=0.1,as=paper|code", "Cuts residual branches at random, by their sensitivity (with cut-bias).", DropBp);
        rules.Add("phases", "phases:units,…,steps=0,checks=0,patience=0,metric=validation,factor=1,stop=0", "Thaws or freezes by a plan of phases (ULMFiT, gradual unfreezing).", Phases);
        return rules;
    }

    /// <summary>A catalogue with all filters, to add more to.</summary>
    public static Catalogue<IDecisionFilter> Filters()
    {
        var filters = new Catalogue<IDecisionFilter>("filter");
        filters.Add("prefix", "prefix", "Freezes a unit only when everything in front of it is frozen.", _ => new PrefixOnly());
        filters.Add("cap", "cap:alpha=0.333,every=0", "Limits what is frozen to a schedule that grows (PipeTransformer).", spec => new ScheduleCap(spec.Real("alpha", 1 / 3.0), spec.Integer("every", 0)));
        return filters;
    }

    /// <summary>A rule and what its decisions go through as it is written on the command line, joined by '+': <c>percentile:50+prefix+cap:alpha=0.33</c>.</summary>
    /// <exception cref="ArgumentException">A rule, a filter or a setting is unknown; the message lists the known ones.</exception>
    public static IFreezeRule Parse(string text, Catalogue<IFreezeRule> rules, Catalogue<IDecisionFilter> filters)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(filters);
        string[] parts = text.Split('+');
        IFreezeRule rule = rules.Create(parts[0]);
        if (parts.Length > 1 && rule is MemoryBudget) throw new ArgumentException($"'{text}': a filter would break a budget of memory, which holds from the first step on: what it takes out of a plan goes on training.");
        return parts.Length == 1 ? rule : new FilteredRule(rule, [.. parts.Skip(1).Select(filters.Create)]);
    }

    private static IFreezeRule Budget(Spec spec)
    {
        string[] given = [.. new[] { "rho", "flops", "seconds", "memory" }.Where(spec.Has)];
        if (given.Length > 1) throw new ArgumentException($"'{spec}': a budget is of one thing, found {string.Join(" and ", given)}.");
        double rho = spec.Real("rho", 0.5), flops = spec.Real("flops", 1), seconds = spec.Real("seconds", 1), memory = spec.Real("memory", 1);
        int every = spec.Integer("every", 1);
        bool cuts = Flag(spec, "cut", false);
        string kind = given.Length == 0 ? "rho" : given[0];
        if (spec.Has("every") && kind != "rho") throw new ArgumentException($"'{spec}': every has no effect beside {kind}, which is planned anew at every check.");
        if (spec.Has("cut") && kind is not ("flops" or "seconds")) throw new ArgumentException($"'{spec}': cut has no effect beside {kind}.");
        return kind switch
        {
            "flops" => new RunBudget(BudgetMeasure.Flops, flops, cuts),
            "seconds" => new RunBudget(BudgetMeasure.Seconds, seconds, cuts),
            "memory" => new MemoryBudget(memory),
            _ => new Budget(rho, every),
        };
    }

    private static LossBudget LossBudget(Spec spec)
    {
        int patience = spec.Integer("patience", 4);
        if (patience == 0 && new[] { "threshold", "hysteresis" }.FirstOrDefault(spec.Has) is { } idle) throw new ArgumentException($"'{spec}': {idle} has no effect beside patience=0, which asks for no scores.");
        return new LossBudget(spec.Real("loss", 0.01), patience, spec.Real("threshold", 1), spec.Real("hysteresis", 2), Flag(spec, "together", false), Flag(spec, "planned", true));
    }

    private static DropBp DropBp(Spec spec) => new(spec.Real("rate", 0.5), spec.Real("at", 0.1), spec.Choice("as", "paper", "code") == "paper");

    private static Rotation Rotation(Spec spec)
    {
        RotationOrder order = spec.Choice("order", "random", "ascending", "descending") switch
        {
            "ascending" => RotationOrder.Ascending,
            "descending" => RotationOrder.Descending,
            _ => RotationOrder.Random,
        };
        OnFreeze? action = spec.Choice("state", "own", "keep", "drop", "offload") switch
        {
            "keep" => OnFreeze.Keep,
            "drop" => OnFreeze.Drop,
            "offload" => OnFreeze.Offload,
            _ => null,
        };
        int every = spec.Integer("every", 20);
        if (every < 1) throw new ArgumentException($"'{spec}': steps in a turn must be at least 1, found {every}.");
        return new Rotation(spec.Integer("units", 2), every, order, action);
    }

    private static Phases Phases(Spec spec)
    {
        const string Measured = "validation";
        var end = new PhaseEnd(spec.Integer("steps", 0), spec.Integer("checks", 0), spec.Integer("patience", 0), spec.Word("metric", Measured));
        if (end.Patience == 0 && end.Metric != Measured) throw new ArgumentException($"'{spec}': metric={end.Metric} has no effect without patience.");
        return new Phases(spec.Integers(), end, spec.Real("factor", 1), Flag(spec, "stop", false));
    }

    internal static bool Flag(Spec spec, string key, bool otherwise) => spec.Choice(key, otherwise ? "1" : "0", otherwise ? "0" : "1") == "1";

    private static int One(Spec spec, string example)
    {
        int[] numbers = spec.Integers();
        return numbers.Length == 1 ? numbers[0] : throw new ArgumentException($"'{spec}': takes one number, as in {example}.");
    }
}
