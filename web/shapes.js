/**
 * What the HTTP API answers, for whoever reads or checks the other modules; no code.
 *
 * @typedef {object} LastRotation
 * @property {string} id
 * @property {string} status Durable's word
 * @property {string} [outcome]
 * @property {string} [reason]
 * @property {string} createdTime
 * @property {string} lastUpdatedTime
 * @property {string} [waitingFor]
 * @property {string} [until]
 *
 * @typedef {object} Secret
 * @property {string} vault
 * @property {string} secret
 * @property {string} state
 * @property {{id: string, type: string, name: string}} [provider]
 * @property {string} [slot]
 * @property {string} [strategy]
 * @property {string} [window]
 * @property {boolean} [approval]
 * @property {string} [expiresOn]
 * @property {string} [nextRotation]
 * @property {{vault: string, secret: string, version: string}} [replicaOf]
 * @property {{vault: string, state: string, reason?: string}[]} [replicas] state: equal, behind or unknown
 * @property {string[]} [complaints]
 * @property {LastRotation} [lastRotation]
 *
 * @typedef {object} Step
 * @property {string} step
 * @property {string} startedTime
 * @property {string} [endedTime]
 * @property {number} attempts
 * @property {string} result done, retry, stop, running or died
 * @property {string} [reason]
 *
 * @typedef {object} Details
 * @property {string | null} vault null where its input is none of the app's
 * @property {string | null} secret
 * @property {string | null} [replaces]
 * @property {string} [window]
 * @property {string} [hurry]
 * @property {string} [approval] what somebody has answered
 * @property {boolean} [late]
 * @property {string} [cause]
 * @property {boolean} [force]
 * @property {number} [redrives]
 * @property {string} [previousVersion]
 * @property {string} [previousSlot]
 * @property {string} [version]
 * @property {string} [slot]
 * @property {string} [expiresOn]
 * @property {string} [verified]
 * @property {string} [note]
 * @property {string[]} [moved]
 * @property {boolean} [retired]
 * @property {string[]} [can]
 * @property {Step[]} [steps]
 *
 * @typedef {LastRotation & Details} Rotation
 *
 * @typedef {object} Call
 * @property {string} operation
 * @property {string} target
 * @property {boolean} changes
 *
 * @typedef {object} Plan
 * @property {string} outcome
 * @property {string} [reason]
 * @property {string[]} [complaints]
 * @property {string} [slot]
 * @property {string} [previousSlot]
 * @property {{step: string, note?: string, until?: string, calls: Call[]}[]} [steps]
 *
 * @typedef {object} Consumer
 * @property {string} id
 * @property {string} name
 * @property {string} state
 * @property {string[]} settings
 * @property {string} [version]
 * @property {string} [reason]
 *
 * @typedef {object} Consumers
 * @property {string} [version]
 * @property {Consumer[]} consumers
 *
 * @typedef {object} ParkedEvent
 * @property {string} enqueued
 * @property {string} partition
 * @property {number | null} sequenceNumber
 * @property {number} position
 * @property {string} reason
 * @property {string} excerpt
 */

export {};
