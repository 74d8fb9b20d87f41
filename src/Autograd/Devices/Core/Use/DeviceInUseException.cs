namespace ResearchFreeze.Autograd;

/// <summary>A call on a device while another thread's call on it had not ended. Nothing of it was done, and the other call goes on.</summary>
public sealed class DeviceInUseException(string message) : InvalidOperationException(message);
