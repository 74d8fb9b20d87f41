using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What all statistics of one unit keep on the device, each under its key, and what a check shows them.</summary>
internal sealed class UnitMemory(FreezeUnit unit) : IDisposable
{
    // A statistic's key is never empty.
    private const string OfTheUnit = "";
    private const string Snapshot = "weights";

    // In the order of first use: a saved state is the same for the same run.
    private readonly OrderedDictionary<(string Statistic, Parameter? Parameter, string Name), Tensor> states = [];

    public Tensor? ProbeOutput { get; set; }

    public Tensor? ProbeReference { get; set; }

    public TrialStep? Trial { get; set; }

    public double[]? CutGradient { get; set; }

    /// <summary>Whether the weights were remembered.</summary>
    public bool Remembers => Has(OfTheUnit, unit.Parameters[0], Snapshot);

    /// <summary>Bytes of all states on the device.</summary>
    public long Bytes => states.Values.Sum(state => state.Range.Storage.Bytes);

    public bool Has(string statistic, Parameter? parameter, string name) => states.ContainsKey((statistic, parameter, name));

    /// <summary>A state, zero at first.</summary>
    public Tensor State(string statistic, Parameter? parameter, string name, Shape shape)
    {
        if (states.TryGetValue((statistic, parameter, name), out Tensor? state)) return state;
        Device device = unit.Parameters[0].Value.Device;
        state = Tensor.Empty(device, shape, MemoryKind.Statistic);
        device.Fill(state.Range, 0);
        states.Add((statistic, parameter, name), state);
        return state;
    }

    /// <summary>A parameter's value when the weights were remembered.</summary>
    public Tensor Remembered(Parameter parameter) => State(OfTheUnit, parameter, Snapshot, parameter.Shape);

    /// <summary>Remembers the weights.</summary>
    public void Remember()
    {
        foreach (Parameter parameter in unit.Parameters) parameter.Value.Device.Copy(parameter.Value.Range, Remembered(parameter).Range);
    }

    public void Save(StateTree tree)
    {
        foreach (((string statistic, Parameter? parameter, string name), Tensor state) in states) tree.Refer($"{statistic}/{name}/{IndexOf(parameter)}", state);
    }

    /// <summary>Reads what was saved by the same statistics; what it returns takes it over. The caller has checked whose state it is.</summary>
    public Action Read(StateTree tree)
    {
        var found = new List<(string Statistic, Parameter? Parameter, string Name, SafetensorsEntry Entry)>();
        foreach (string key in tree.Names)
        {
            int first = key.IndexOf('/', StringComparison.Ordinal), last = key.LastIndexOf('/');
            if (first == last || !int.TryParse(key[(last + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index) || index < -1 || index >= unit.Parameters.Count)
                throw tree.Bad(key, $"is no state of a statistic of unit '{unit.Path}'");
            Parameter? parameter = index < 0 ? null : unit.Parameters[index];
            found.Add((key[..first], parameter, key[(first + 1)..last], tree.Entry(key, parameter?.Shape)));
        }
        return () =>
        {
            Dispose();
            foreach ((string statistic, Parameter? parameter, string name, SafetensorsEntry entry) in found) entry.CopyTo(State(statistic, parameter, name, entry.Shape));
        };
    }

    public void Dispose()
    {
        foreach (Tensor state in states.Values) state.Dispose();
        states.Clear();
    }

    private int IndexOf(Parameter? parameter)
    {
        for (int i = 0; i < unit.Parameters.Count; i++)
        {
            if (ReferenceEquals(unit.Parameters[i], parameter)) return i;
        }
        return -1;
    }
}
