using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The numbers under which a device books the units' work, and one more for what is done for all of them together.</summary>
internal sealed class UnitNumbers
{
    private readonly IReadOnlyList<FreezeUnit> units;
    private readonly Optimizer? optimizer;

    /// <summary>Takes numbers from the device and marks parameters that nobody has marked: what runs before a controller starts is counted too.</summary>
    public UnitNumbers(Device device, IReadOnlyList<FreezeUnit> units, Optimizer? optimizer = null)
    {
        this.units = units;
        this.optimizer = optimizer;
        int first = device.Counters.AddUnits(units.Count + 1);
        foreach (FreezeUnit unit in units) unit.Number = first + unit.Index;
        Common = first + units.Count;
        Mark(parameter => parameter.Unit == 0);
        if (optimizer is { CommonUnit: 0 }) optimizer.CommonUnit = Common;
    }

    /// <summary>The number for what is done for all units together.</summary>
    public int Common { get; }

    /// <summary>Marks all parameters: whose controller starts, counts.</summary>
    public void Mark()
    {
        Mark(_ => true);
        if (optimizer is not null) optimizer.CommonUnit = Common;
    }

    /// <summary>Takes the marks away, where no other controller has set its own since.</summary>
    public void Release()
    {
        foreach (FreezeUnit unit in units)
        {
            foreach (Parameter parameter in unit.Parameters)
            {
                if (parameter.Unit == unit.Number) parameter.Unit = 0;
            }
        }
        if (optimizer?.CommonUnit == Common) optimizer.CommonUnit = 0;
    }

    private void Mark(Func<Parameter, bool> which)
    {
        foreach (FreezeUnit unit in units)
        {
            foreach (Parameter parameter in unit.Parameters.Where(which)) parameter.Unit = unit.Number;
        }
    }
}
