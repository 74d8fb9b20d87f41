using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// A run whose right answer is known: a student that equals its teacher in some units and not in the others, whose teacher keeps turning. The network is additive, each unit reading inputs of its own: in an ordinary
/// chain an unfinished upper layer sends a consistent gradient into lower layers that are right, which then move away and back, and "finished" would not be defined. Here the gradient of a finished unit is
/// noise, of the size of an unfinished one's while the residual of the others and of the observations is large: its norm tells nothing, its direction everything.
/// </summary>
public sealed class PlantedTask
{
    private const int HeldOutBatches = 16;

    // Samples are drawn anew for each step: a policy that goes by epochs takes a tenth of the run for one.
    private const int Epochs = 10;

    /// <summary>A task.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="settings">Its size.</param>
    /// <param name="finished">The units that equal the teacher, from 0 at the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">A unit is none of the network's.</exception>
    public PlantedTask(string name, PlantedSettings settings, params IEnumerable<int> finished)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(finished);
        (Name, Settings, Finished) = (name, settings, new SortedSet<int>(finished));
        foreach (int unit in Finished)
        {
            if ((uint)unit >= (uint)settings.Units) throw new ArgumentOutOfRangeException(nameof(finished), $"Planted task '{name}': a finished unit is in [0, {settings.Units}), found {unit}.");
        }
    }

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>Its size.</summary>
    public PlantedSettings Settings { get; }

    /// <summary>The units that are finished from the first step on: what a rule that may freeze any unit should freeze.</summary>
    public IReadOnlySet<int> Finished { get; }

    /// <summary>The longest prefix that is finished: what a rule that freezes from the input on should freeze.</summary>
    public IReadOnlySet<int> FinishedPrefix => new SortedSet<int>(Enumerable.Range(0, Settings.Units).TakeWhile(Finished.Contains));

    /// <summary>The first units are finished: one task for each number from 1 to all but one.</summary>
    public static IReadOnlyList<PlantedTask> Prefixes(PlantedSettings? settings = null)
    {
        PlantedSettings size = settings ?? new PlantedSettings();
        return [.. Enumerable.Range(1, size.Units - 1).Select(count => new PlantedTask($"first {count}", size, Enumerable.Range(0, count)))];
    }

    /// <summary>Every other unit is finished, from the first on and from the second on: for rules that may freeze any unit.</summary>
    public static IReadOnlyList<PlantedTask> Scattered(PlantedSettings? settings = null)
    {
        PlantedSettings size = settings ?? new PlantedSettings();
        int[] odd = [.. Enumerable.Range(0, size.Units).Where(unit => unit % 2 == 0)], even = [.. Enumerable.Range(0, size.Units).Where(unit => unit % 2 == 1)];
        return [new PlantedTask("scattered, first finished", size, odd), new PlantedTask("scattered, first not finished", size, even)];
    }

    /// <summary>Nothing is finished: what is frozen is wrong.</summary>
    public static PlantedTask Null(PlantedSettings? settings = null) => new("null", settings ?? new PlantedSettings());

    /// <summary>Trains on the CPU, on one thread, which is what matrices of this size need.</summary>
    /// <param name="policy">The policy, new for this run.</param>
    /// <param name="seed">Keys the teacher, the student and the samples.</param>
    public PlantedRun Run(Policy policy, ulong seed)
    {
        using var device = new CpuDevice(1);
        return Run(policy, seed, device);
    }

    /// <summary>Trains on a device; see <see cref="Run(Policy, ulong)"/>.</summary>
    public PlantedRun Run(Policy policy, ulong seed, Device device)
    {
        ArgumentNullException.ThrowIfNull(policy);
        using var networks = new PlantedNetworks(device, Settings, Finished, seed);
        using var optimizer = new Sgd(networks.Student, (policy.Schedule ?? Settings.Schedule)(Settings.LearningRate, Settings.Steps), Settings.Momentum);
        FreezeOptions options = policy.Options(Settings.Steps) with { EpochSteps = Math.Max(1, Settings.Steps / Epochs) };
        using ProbeBatch? probe = RunUnits.NeedsProbe(policy, options) ? ProbeOf(device, networks, seed) : null;
        using var freeze = new FreezeController(networks.Student, optimizer, policy.Criterion, policy.Rule, null, options, seed, probe);
        freeze.CheckSettings();
        var batches = new PlantedBatches(device, Settings, seed, "samples");
        for (int step = 0; step < Settings.Steps && !freeze.ShouldStop; step++)
        {
            using var scope = new Scope();
            networks.TurnTo(step);
            (Tensor state, Tensor noise) = batches.Next();
            Loss.MeanSquaredError(networks.Student.Forward(state), networks.Answers(state) + noise).Backward();
            freeze.Step();
        }
        return new PlantedRun(this, seed, freeze.Decisions, ExcessLoss(device, networks, seed));
    }

    /// <summary>Samples of a stream of their own, with the teacher's answers of the moment and no noise.</summary>
    private ProbeBatch ProbeOf(Device device, PlantedNetworks networks, ulong seed)
    {
        (Tensor state, Tensor noise) = new PlantedBatches(device, Settings, seed, "probe").Next();
        noise.Dispose();
        return new ProbeBatch(networks.Student, state, output => Loss.MeanSquaredError(output, networks.Answers(state)));
    }

    private double ExcessLoss(Device device, PlantedNetworks networks, ulong seed)
    {
        using GradMode.Restore mode = GradMode.Disable();
        var batches = new PlantedBatches(device, Settings, seed, "held out");
        networks.TurnTo(Settings.Steps);
        double sum = 0;
        for (int i = 0; i < HeldOutBatches; i++)
        {
            using var scope = new Scope();
            Tensor state = batches.Next().State;
            sum += Loss.MeanSquaredError(networks.Student.Forward(state), networks.Answers(state)).Item();
        }
        return sum / HeldOutBatches;
    }
}
