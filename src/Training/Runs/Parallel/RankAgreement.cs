using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>Whether all ranks train the same: what each has is compared by hashes, and told where it differs.</summary>
internal static class RankAgreement
{
    private const int HashBytes = 32, Words = 256, Samples = 64;

    /// <summary>Compares version, vector width, settings, data, and where the run stands.</summary>
    /// <exception cref="ArgumentException">Two ranks differ: thrown on all.</exception>
    public static void Check(RunParts parts, ICommunicator communicator)
    {
        if (communicator.Size == 1) return;
        // The version first: another one's settings may be others in number.
        Compare(communicator, Program(parts));
        Compare(communicator, Settings(parts));
        Compare(communicator, Contents(parts));
    }

    private static List<(string Name, string Value)> Program(RunParts parts)
    {
        RunEnvironment here = RunEnvironment.Of(parts.Device);
        return [("version", $"{here.Version} {here.Commit}"), ("device", here.Device), ("vector instructions", here.Simd ?? "none")];
    }

    /// <summary>All settings, but for what changes no number.</summary>
    private static List<(string Name, string Value)> Settings(RunParts parts)
    {
        RunSettings same = parts.Settings with { Threads = 0, Device = "cpu", CheckpointEvery = "never", KeepCheckpoints = "1", Log = null, From = null, Replay = null, Calibration = null, Data = parts.Data.Name };
        using JsonDocument document = JsonSerializer.SerializeToDocument(same, RunJson.Default.RunSettings);
        return [.. document.RootElement.EnumerateObject().Select(property => ($"setting '{property.Name}'", property.Value.ToString()))];
    }

    private static List<(string Name, string Value)> Contents(RunParts parts)
    {
        return
        [
            ("training data", Read(() => Content(parts.Data.Train.Host))), ("validation data", Read(() => Content(parts.Data.Validation.Host))),
            ("replayed decisions", parts.Settings.Replay is { } run ? Read(() => Hash(File.ReadAllBytes(Path.Combine(run, RunFiles.Decisions)))) : "none"), ("step", parts.Optimizer.StepCount.ToString(CultureInfo.InvariantCulture)), ("weights", Weights(parts)),
        ];
    }

    /// <summary>What cannot be read on this rank differs from what can on another: thrown here, it would be known here alone, and the others would wait. Where no rank can, training says so.</summary>
    private static string Read(Func<string> content)
    {
        try
        {
            return content();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or ArgumentException or InvalidOperationException)
        {
            return $"unreadable: {exception.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>How many samples, every label, what is known of all values, and some of the samples themselves.</summary>
    private static string Content(HostDataSet data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(data.Labels.AsSpan()));
        RunData known = RunData.Of("", data);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(known, RunJson.Default.RunData));
        var values = new float[data.IsTokens ? 0 : data.SampleSize];
        for (int i = 0; i < Samples && !data.IsTokens && data.Count > 0; i++)
        {
            data.CopySample((int)((long)i * data.Count / Samples), values);
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }
        return $"{data.Count} samples, {Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";
    }

    private static string Weights(RunParts parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Tensor tensor in parts.Model.Parameters().Select(parameter => parameter.Value).Concat(parts.Model.Buffers().Select(buffer => buffer.Value))) hash.AppendData(MemoryMarshal.AsBytes<float>(tensor.ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..12];

    private static void Compare(ICommunicator communicator, List<(string Name, string Value)> items)
    {
        byte[] mine = [.. items.SelectMany(item => SHA256.HashData(Encoding.UTF8.GetBytes($"{item.Name}={item.Value}")))], all = new byte[mine.Length * communicator.Size];
        communicator.AllGather(mine, all);
        for (int rank = 1; rank < communicator.Size; rank++)
        {
            for (int i = 0; i < items.Count; i++)
            {
                if (all.AsSpan((rank * mine.Length) + (i * HashBytes), HashBytes).SequenceEqual(all.AsSpan(i * HashBytes, HashBytes))) continue;
                byte[] word = new byte[Words], words = new byte[Words * communicator.Size];
                string value = items[i].Value;
                Encoding.UTF8.GetBytes(value.AsSpan(0, Math.Min(value.Length, Words / 4)), word);
                communicator.AllGather(word, words);
                throw new ArgumentException($"The ranks would not train the same: {items[i].Name} is '{Of(words, 0)}' on rank 0 and '{Of(words, rank)}' on rank {rank}.");
            }
        }
    }

    private static string Of(byte[] words, int rank) => Encoding.UTF8.GetString(words, rank * Words, Words).TrimEnd('\0');
}
