using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a controller controls, as its parts share it.</summary>
internal sealed class Controlled
{
    public Controlled(ModuleBase model, Optimizer optimizer, FreezeOptions options)
    {
        Model = model;
        Optimizer = optimizer;
        Options = options;
        if (options is { CheckEpochs: > 0, EpochSteps: 0 }) throw new ArgumentException($"Freezing: checks are {options.CheckEpochs} epochs apart, and an epoch's steps are not known: set FreezeOptions.EpochSteps.");
        if (options is { Paying: true, RunSteps: 0 }) throw new ArgumentException("Freezing: what pays depends on the steps that are left: set FreezeOptions.RunSteps.");
        if (options.Calibration.Any(error => !(error > 0) || !double.IsFinite(error))) throw new ArgumentException("Freezing: an error of a prediction must be positive and finite.");
        Units = FreezeUnit.Of(model, options.Units);
        CheckOptimizer();
        Device = Units[0].Parameters[0].Value.Device;
        Numbers = new UnitNumbers(Device, Units, Optimizer);
    }

    public ModuleBase Model { get; }

    public Optimizer Optimizer { get; }

    public FreezeOptions Options { get; }

    public IReadOnlyList<FreezeUnit> Units { get; }

    public Device Device { get; }

    /// <summary>The ranks of data-parallel training; null: there is one.</summary>
    public ICommunicator? Communicator { get; set; }

    /// <summary>Steps taken.</summary>
    public int Step => Optimizer.StepCount;

    /// <summary>Σ of the schedule's rate over the steps that are left, by the trapezium rule at no more than some hundred of them; NaN: the run's length is not known.</summary>
    public double RemainingRate()
    {
        if (Options.RunSteps == 0) return double.NaN;
        int left = Options.RunSteps - Step;
        if (left <= 0) return 0;
        const int Most = 512;
        int pieces = Math.Min(left, Most);
        double sum = 0;
        for (int i = 0; i < pieces; i++)
        {
            int from = Step + (int)((long)left * i / pieces), to = Step + (int)((long)left * (i + 1) / pieces);
            sum += (to - from) * ((double)Optimizer.Schedule.Rate(from) + Optimizer.Schedule.Rate(to - 1)) / 2;
        }
        return sum;
    }

    /// <summary>What the units' work is booked under.</summary>
    public UnitNumbers Numbers { get; }

    /// <summary>Books the controller's own work.</summary>
    public CostScope Booking(CostKind kind) => Device.Counters.For(kind, Numbers.Common);

    /// <summary>What to tell of a step whose gradients were not finite.</summary>
    public NonFiniteException NonFinite()
    {
        NonFiniteException found = Optimizer.FindHalt() ?? throw new InvalidOperationException("Freezing: the optimizer has not halted.");
        return new NonFiniteException(found.Step, found.Parameter, Units.FirstOrDefault(unit => unit.Parameters.Any(parameter => parameter.Path == found.Parameter))?.Path);
    }

    private void CheckOptimizer()
    {
        var held = new HashSet<Parameter>(Optimizer.Parameters, ReferenceEqualityComparer.Instance);
        foreach (Parameter parameter in Model.Parameters())
        {
            if (!held.Contains(parameter)) throw new ArgumentException($"Freezing: the optimizer does not hold '{parameter.Path}': make it from the same model.");
        }
    }
}
