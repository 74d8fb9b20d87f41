using ResearchFreeze.Autograd;
using ResearchFreeze.BenchmarkDotNet;

namespace ResearchFreeze.Benchmarks;

/// <summary>One case of a benchmark: makes its operands on a device and returns what is timed. Its name is what the table shows and <c>--filter</c> finds.</summary>
public sealed class Work
{
    private readonly string name;
    private readonly Func<Operands, Action> prepare;

    internal Work(string name, Func<Operands, Action> prepare)
    {
        this.name = name;
        this.prepare = prepare;
    }

    public override string ToString() => name;

    /// <summary>Makes the operands and runs the work once, so that a second run finds states and scratch memory there.</summary>
    internal Action Prepare(Operands operands)
    {
        Action run = prepare(operands);
        run();
        return run;
    }

    /// <summary>What one run costs by the device's own counters, with the bound that these rates allow.</summary>
    internal Cost CostOn(Device device, MachineRates rates)
    {
        using var operands = new Operands(device);
        Action run = Prepare(operands);
        device.Counters.Rates = rates;
        Cost before = StepCost.Total(device.Counters);
        run();
        return StepCost.Total(device.Counters) - before;
    }
}
