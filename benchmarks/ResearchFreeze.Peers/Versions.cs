using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TorchSharp;

namespace ResearchFreeze.Peers;

/// <summary>What a result was made with.</summary>
internal static class Versions
{
    public const string Peer = "TorchSharp 0.107 (libtorch 2.10)";

    public static JsonObject Libraries() => new()
    {
        ["torchSharp"] = typeof(torch).Assembly.GetName().Version!.ToString(3),
        ["libtorch"] = torch.__version__,
    };

    public static JsonObject Machine()
    {
        JsonObject versions = Libraries();
        versions["runtime"] = RuntimeInformation.FrameworkDescription;
        versions["system"] = RuntimeInformation.OSDescription;
        versions["processor"] = Processor();
        versions["processors"] = Environment.ProcessorCount;
        return versions;
    }

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo", Key = "model name";
        string? line = File.Exists(Path) ? File.ReadLines(Path).FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
