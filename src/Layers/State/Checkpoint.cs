using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ResearchFreeze.Layers;

/// <summary>
/// All that a training loop needs to go on bit for bit after it was stopped or killed, in one safetensors file: the model (<see cref="ModelState"/>), its optimizer, and whatever else has state, as a
/// <c>FreezeController</c>. The file appears whole or not at all, and has a checksum. Where the loop was is the optimizer's <see cref="Optimizer.StepCount"/>: batches are a function of (seed, epoch, index).
/// </summary>
public static class Checkpoint
{
    private const string Checksum = "sha256";
    private const string Kind = "kind";
    private const string KindName = "checkpoint";

    /// <summary>Writes a checkpoint. Call it between steps. Waits for the device.</summary>
    /// <param name="path">The file; an older one is replaced once the new one is whole.</param>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="parts">What else has state, by a name of its own: <c>("freeze", freeze)</c>.</param>
    /// <exception cref="IOException">It cannot be written; an older one is as it was.</exception>
    public static void Save(string path, ModuleBase model, Optimizer optimizer, params ReadOnlySpan<(string Name, IStateful Part)> parts)
    {
        var state = StateTree.ForWriting();
        foreach ((string name, IStateful part) in All(model, optimizer, parts)) part.SaveState(state.Branch(name));
        Write(path, state);
    }

    /// <summary>Goes on where <see cref="Save"/> was called: everything is read and checked before anything is changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">A model of the same build, which has its memory.</param>
    /// <param name="optimizer">An optimizer of the same settings.</param>
    /// <param name="parts">The same names as in <see cref="Save"/>.</param>
    /// <exception cref="FormatException">The file is no whole checkpoint, or another's; the message says what differs.</exception>
    public static void Load(string path, ModuleBase model, Optimizer optimizer, params ReadOnlySpan<(string Name, IStateful Part)> parts)
    {
        (string Name, IStateful Part)[] all = [.. All(model, optimizer, parts)];
        Read(path).Apply(state =>
        {
            // In their order: a controller takes rate scales that change after it has been loaded for the user's.
            Action[] changes = [.. all.Select(part => part.Part.ReadState(state.Branch(part.Name)))];
            return () => Array.ForEach(changes, change => change());
        });
    }

    /// <summary>Writes a state with its checksum: for a trainer of one's own.</summary>
    /// <exception cref="IOException">It cannot be written; an older file is as it was.</exception>
    public static void Write(string path, StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Safetensors.Write(path, state.Entries, new Dictionary<string, string> { [Kind] = KindName, [Checksum] = Sum(state.Entries) });
    }

    /// <summary>Reads a state that <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The file is none, cut short, or changed since.</exception>
    public static StateTree Read(string path)
    {
        Dictionary<string, string> metadata = Safetensors.ReadMetadata(path);
        if (metadata.GetValueOrDefault(Kind) != KindName) throw new FormatException($"'{path}' is no checkpoint.");
        StateTree state = StateTree.Load(path);
        if (metadata.GetValueOrDefault(Checksum) != Sum(state.Entries)) throw new FormatException($"'{path}' is a damaged checkpoint: its checksum differs.");
        return state;
    }

    private static List<(string Name, IStateful Part)> All(ModuleBase model, Optimizer optimizer, ReadOnlySpan<(string Name, IStateful Part)> parts)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        List<(string Name, IStateful Part)> all = [("model", new ModelState(model)), ("optimizer", optimizer)];
        foreach ((string name, IStateful part) in parts)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
            ArgumentNullException.ThrowIfNull(part);
            if (name.Contains('/', StringComparison.Ordinal) || all.Any(other => other.Name == name)) throw new ArgumentException($"Checkpoint: a part cannot be called '{name}': names are used once, and have no slash.");
            all.Add((name, part));
        }
        return all;
    }

    /// <summary>Of names, types, shapes and elements, in the order of the names.</summary>
    private static string Sum(IEnumerable<KeyValuePair<string, SafetensorsEntry>> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(long)];
        foreach ((string name, SafetensorsEntry entry) in entries)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{entry.Type}\n{entry.Shape}\n"));
            BinaryPrimitives.WriteInt64LittleEndian(length, entry.Length);
            hash.AppendData(length);
            foreach (ReadOnlyMemory<byte> piece in entry.Pieces()) hash.AppendData(piece.Span);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
